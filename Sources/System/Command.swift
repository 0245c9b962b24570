import FoundationEssentials
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A program to be run as a process of its own.
///
/// This is posix_spawn(2) and not swift-subprocess, whose one way to wait is `async`: nothing else here is, and a thread
/// that blocks until a task of the concurrency runtime is done is what that library is there to avoid.
package struct Command: Sendable {
    /// A path, or a name that is looked for in `PATH`.
    package var executable: String
    package var arguments: [String]
    /// What the program finds in its environment; nil for what we have.
    package var environment: [String: String]?
    /// Whether signals that ask for an end wait until the program listens (`Interruption.listen`), so that one that comes
    /// early is not lost and does not kill it; only for programs that do listen.
    package var listens: Bool

    package init(
        _ executable: String, _ arguments: [String], environment: [String: String]? = nil, listens: Bool = false
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.listens = listens
    }

    /// Runs the program to its end; its input, output and errors are ours.
    package func run() throws(SystemError) -> ProcessEnd { try wait(for: start(output: nil)) }

    /// Runs the program to its end and returns what it wrote to its standard output.
    package func capture() throws(SystemError) -> (end: ProcessEnd, output: [UInt8]) {
        let pipe = try SystemError.attempt(.start, executable) { try FileDescriptor.pipe() }
        defer { try? pipe.readEnd.close() }
        let process: pid_t
        do throws(SystemError) {
            // The child gets the other end as its output, and no second one under another number.
            for end in [pipe.readEnd, pipe.writeEnd] {
                try SystemError.check(.start, executable) { fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
            }
            process = try start(output: pipe.writeEnd)
            try? pipe.writeEnd.close()
        } catch {
            try? pipe.writeEnd.close()
            throw error
        }
        var output: [UInt8] = []
        let reading = Result { () throws(SystemError) in try readAll(pipe.readEnd, onto: &output) }
        let end = try wait(for: process)
        try reading.get()
        return (end, output)
    }

    private func start(output: FileDescriptor?) throws(SystemError) -> pid_t {
        var attributes = SpawnAttributes.empty
        var actions = SpawnActions.empty
        posix_spawnattr_init(&attributes)
        posix_spawn_file_actions_init(&actions)
        defer {
            posix_spawnattr_destroy(&attributes)
            posix_spawn_file_actions_destroy(&actions)
        }
        var (defaults, mask) = (signalSet(stopSignals), signalSet(listens ? stopSignals : []))
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        if let output { posix_spawn_file_actions_adddup2(&actions, output.rawValue, STDOUT_FILENO) }
        var process: pid_t = 0
        let number = withCStrings([executable] + arguments) { words in
            guard let environment else {
                return posix_spawnp(&process, executable, &actions, &attributes, words, environ)
            }
            let variables = environment.map { "\($0.key)=\($0.value)" }.sorted()
            return withCStrings(variables) { posix_spawnp(&process, executable, &actions, &attributes, words, $0) }
        }
        guard number == 0 else { throw SystemError(.start, executable, Errno(rawValue: number)) }
        return process
    }

    private func wait(for process: pid_t) throws(SystemError) -> ProcessEnd {
        Interruption.forward(to: process)
        // The number is the child's until its end is taken note of below: nobody else can be sent its signals.
        var information = siginfo_t()
        let ended = Result { () throws(SystemError) in
            try SystemError.check(.start, executable) {
                waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT)
            }
        }
        Interruption.forward(to: nil)
        _ = try ended.get()
        var status: Int32 = 0
        try SystemError.check(.start, executable) { waitpid(process, &status, 0) }
        return ProcessEnd(status)
    }
}

private func readAll(_ descriptor: FileDescriptor, onto bytes: inout [UInt8]) throws(SystemError) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = try SystemError.attempt(.read, "standard output") {
            try buffer.withUnsafeMutableBytes { try descriptor.read(into: $0) }
        }
        guard count > 0 else { return }
        bytes += buffer[..<count]
    }
}

/// Lends strings as a null-terminated list of C strings.
private func withCStrings<Value>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Value
) -> Value {
    var copies = strings.map { strdup($0) } + [nil]
    defer { for copy in copies { free(copy) } }
    // In-out to pointer: the list's own memory for the time of the call.
    return body(&copies)
}

#if canImport(Darwin)
    private typealias SpawnAttributes = posix_spawnattr_t?
    private typealias SpawnActions = posix_spawn_file_actions_t?
    extension Optional { fileprivate static var empty: Self { nil } }
#else
    private typealias SpawnAttributes = posix_spawnattr_t
    private typealias SpawnActions = posix_spawn_file_actions_t
    extension posix_spawnattr_t { fileprivate static var empty: Self { Self() } }
    extension posix_spawn_file_actions_t { fileprivate static var empty: Self { Self() } }
#endif
