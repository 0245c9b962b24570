package import FoundationEssentials
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// An advisory lock on a file; it goes when it is released or the process ends, however it ends.
package final class FileLock: Sendable {
    /// Whether others may hold the lock at the same time.
    package enum Sharing: Sendable { case shared, exclusive }

    private let descriptor: FileDescriptor

    /// Takes the lock, making the file where there is none; nil where another process has it.
    ///
    /// No link is followed.
    package init?(_ file: URL, _ sharing: Sharing = .exclusive) throws(SystemError) {
        let (path, name) = (file.systemPath, file.path)
        let descriptor = try SystemError.attempt(.lock, name) {
            try FileDescriptor.open(
                path, .readWrite, options: [.create, .noFollow, .closeOnExec], permissions: .ofNewFiles)
        }
        do throws(SystemError) {
            let kind = sharing == .shared ? LOCK_SH : LOCK_EX
            try SystemError.check(.lock, name) { flock(descriptor.rawValue, kind | LOCK_NB) }
        } catch {
            try? descriptor.close()
            if error.cause == .number(.wouldBlock) { return nil }
            throw error
        }
        self.descriptor = descriptor
    }

    deinit { try? descriptor.close() }

    /// Writes into the file who holds it.
    ///
    /// That is a courtesy to the next one in line; a failure to say so is no failure to hold it.
    package func sign() {
        let holder = Array("process \(getpid())".utf8)
        try? descriptor.resize(to: 0)
        _ = try? holder.withUnsafeBytes { try descriptor.write(toAbsoluteOffset: 0, $0) }
    }

    /// Gives the lock back.
    package func release() { flock(descriptor.rawValue, LOCK_UN) }
}
