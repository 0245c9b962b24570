import Synchronization
import SystemPackage

// Nobody assigns another stream to `stdout` here, though C would let him.
#if canImport(Darwin)
    @preconcurrency import Darwin
#elseif canImport(Musl)
    @preconcurrency import Musl
#else
    @preconcurrency import Glibc
#endif

/// Where results go.
package enum StandardOutput {
    private static let failureStatus = Atomic<Int32>(0)

    /// Hands on what was printed so far; whether it arrives shows at the end of the process.
    package static func flush() { fflush(stdout) }

    /// Sees to it that the process ends with a status of its own where something that was printed did not arrive: on a full
    /// disk, or where nobody listens.
    ///
    /// What `print` writes waits in a buffer, so that only the end of the process knows; this covers help and usage as well,
    /// which the argument parser prints.
    package static func check(failureStatus status: Int32) {
        guard failureStatus.exchange(status, ordering: .relaxed) == 0 else { return }
        atexit {
            flockfile(stdout)
            let hadFailed = ferror(stdout) != 0
            errno = 0
            guard fflush(stdout) != 0 || hadFailed else { return funlockfile(stdout) }
            let reason = errno == 0 ? "some of it did not arrive" : SystemError(.write, "", Errno.last).reason
            StandardError.write("cannot write to standard output: \(reason)\n")
            // The status that was on its way is not to be had any more in another manner.
            _exit(StandardOutput.failureStatus.load(ordering: .relaxed))
        }
    }
}
