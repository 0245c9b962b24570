import FoundationEssentials
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension SystemError {
    /// Makes a system call until no signal interrupts it; -1 is its way to fail.
    @discardableResult
    static func check<Value: FixedWidthInteger & SignedInteger>(
        _ operation: Operation, _ path: String, _ call: () -> Value
    ) throws(SystemError) -> Value {
        while true {
            let value = call()
            guard value == -1 else { return value }
            let number = Errno.last
            guard number == .interrupted else { throw SystemError(operation, path, number) }
        }
    }

    /// Calls swift-system, whose errors are numbers alone.
    static func attempt<Value>(
        _ operation: Operation, _ path: String, _ body: () throws -> Value
    ) throws(SystemError) -> Value {
        do { return try body() } catch { throw SystemError(operation, path, error as? Errno ?? .ioError) }
    }
}

extension Errno {
    /// The number of the call that failed last on this thread.
    static var last: Errno { Errno(rawValue: errno) }
}

extension URL {
    /// The path as the system takes it: without a slash at its end, which would follow a link.
    var systemPath: FilePath { FilePath(path) }
}
