import Dispatch
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Whether SIGTERM or SIGINT asked this process to stop.
///
/// Stages look between units of work, publish what is whole and end.
package enum Interruption {
    /// Whether a signal came.
    package static var isRequested: Bool { requested.load(ordering: .sequentiallyConsistent) }

    /// Begins to listen; called once, first thing in a command.
    ///
    /// Signals that came before, while the one who started this process held them back, count.
    package static func listen() {
        // The handler must find both made: making them is nothing to do inside of one.
        _ = (
            isRequested, child.load(ordering: .sequentiallyConsistent),
            endStatus.load(ordering: .sequentiallyConsistent)
        )
        for number in stopSignals { signal(number, stop) }
        var set = signalSet(stopSignals)
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    /// Runs what keeps nothing before it is done, such as a long question: a signal ends the process at once, with this status.
    package static func ending<Value, Failure: Error>(
        status: Int32, _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        endStatus.store(status, ordering: .sequentiallyConsistent)
        defer { endStatus.store(0, ordering: .sequentiallyConsistent) }
        if isRequested { endIfWanted() }
        return try body()
    }

    /// Also counts the end of the process that started this one, however it ended: a stage does not outlive its run.
    package static func endWithParent() {
        watch(parent: getppid())
    }

    /// Looks every 0.1 s whether the parent is still the one it was.
    private static func watch(parent: pid_t) {
        guard getppid() == parent else {
            requested.store(true, ordering: .sequentiallyConsistent)
            return endIfWanted()
        }
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(100)) { watch(parent: parent) }
    }

    /// Hands what asks this process to stop on to a child while it runs; what came just before, too.
    static func forward(to process: pid_t?) {
        child.store(process ?? 0, ordering: .sequentiallyConsistent)
        if let process, isRequested { kill(process, SIGTERM) }
    }
}

/// The signals that ask for an end.
let stopSignals = [SIGTERM, SIGINT]

private let requested = Atomic<Bool>(false)
/// The child that signals are handed on to; 0 for none.
private let child = Atomic<pid_t>(0)

/// The status with which the process ends as soon as a signal comes; 0 where it ends by itself.
private let endStatus = Atomic<Int32>(0)
private let endMessage: StaticString = "stopped by a signal\n"

/// Ends the process where nothing would be lost; write(2) and _exit(2) may be called in the middle of anything.
private func endIfWanted() {
    let status = endStatus.load(ordering: .sequentiallyConsistent)
    guard status != 0 else { return }
    _ = write(STDERR_FILENO, endMessage.utf8Start, endMessage.utf8CodeUnitCount)
    _exit(status)
}

/// What a signal does: atomics, kill(2) and an end, which is all that may be done in the middle of anything.
private func stop(_ number: Int32) {
    // Who was interrupted may be about to read the number of its own failure.
    let interrupted = errno
    requested.store(true, ordering: .sequentiallyConsistent)
    endIfWanted()
    let process = child.load(ordering: .sequentiallyConsistent)
    if process > 0 { kill(process, SIGTERM) }
    errno = interrupted
}

/// A set of signals as system calls take it.
func signalSet(_ numbers: [Int32]) -> sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for number in numbers { sigaddset(&set, number) }
    return set
}
