import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Whether SIGTERM or SIGINT asked this process to stop.
///
/// Stages look between units of work, publish what is whole and end with status 75.
package final class Interruption: Sendable {
    /// The one of this process: signals belong to the process.
    package static let current = Interruption()

    private let requested = Atomic<Bool>(false)
    private let forwarded = Mutex<pid_t?>(nil)
    /// Unsafe only in name: set once, before the first signal can come, and never touched again.
    nonisolated(unsafe) private var sources: [any DispatchSourceSignal] = []
    /// As above.
    nonisolated(unsafe) private var parentWatch: (any DispatchSourceTimer)?

    private init() {}

    /// Begins to listen; called once, first thing in a command.
    package func listen() {
        for number in [SIGTERM, SIGINT] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [self] in
                requested.store(true, ordering: .relaxed)
                forwarded.withLock { if let child = $0 { _ = kill(child, SIGTERM) } }
            }
            source.activate()
            sources.append(source)
        }
    }

    /// Also counts the end of the process that started this one, however it ended: a stage does not outlive its run.
    package func endWithParent() {
        let parent = getppid()
        let timer = DispatchSource.makeTimerSource(queue: .global())
        timer.schedule(deadline: .now(), repeating: .milliseconds(100))
        timer.setEventHandler { [self] in if getppid() != parent { requested.store(true, ordering: .relaxed) } }
        timer.activate()
        parentWatch = timer
    }

    package var isRequested: Bool { requested.load(ordering: .relaxed) }

    /// Throws if a signal came.
    package func check() throws(WorkspaceError) {
        if isRequested { throw .stopped }
    }

    /// Hands signals on to a child process while it runs.
    func forward(to child: pid_t?) {
        forwarded.withLock { $0 = child }
        if isRequested, let child { _ = kill(child, SIGTERM) }
    }
}
