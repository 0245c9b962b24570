import Pipeline
import Synchronization

/// What is said of each checkpoint in the same words stands on standard error once.
final class Notices: Sendable {
    private let said = Mutex<Set<String>>([])

    func report(_ line: String) {
        if said.withLock({ $0.insert(line).inserted }) { Pipeline.report(line) }
    }
}
