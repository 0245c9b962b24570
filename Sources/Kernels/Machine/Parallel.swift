import Dispatch
import FoundationEssentials
import Synchronization

/// The one way in which work is spread over processor cores.
package enum Parallel {
    /// How many threads work at once: `QID_THREADS`, or else one for each core.
    package static var width: Int { limit ?? configured }

    /// An upper bound on `width` inside a `$limit.withValue` scope: 1 for loops that are to stay on their thread.
    @TaskLocal package static var limit: Int?

    private static let configured = KernelSettings.current.threads ?? ProcessInfo.processInfo.activeProcessorCount

    /// Calls `body` once for each index below `count`, several at a time.
    ///
    /// Bodies that write through pointers must write to disjoint memory.
    package static func forEach(_ count: Int, _ body: @Sendable (Int) -> Void) {
        let workers = min(width, count)
        guard workers > 1 else {
            for index in 0..<max(0, count) { body(index) }
            return
        }
        let next = Atomic(0)
        @Sendable func work() {
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                body(index)
            }
        }
        // A loop inside another, or beside one, has no team.
        if !team.run(helpers: workers - 1, work) {
            DispatchQueue.concurrentPerform(iterations: workers) { _ in work() }
        }
    }

    private static let team = WorkerTeam(configured - 1)

    /// The values of `body` for each index below `count`, in index order; of several errors, that of the lowest index.
    package static func map<T: Sendable, E: Error>(
        _ count: Int, _ body: @Sendable (Int) throws(E) -> T
    ) throws(E) -> [T] {
        let results = Results<T, E>(count: count)
        forEach(count) { index in
            // Once an index has failed, higher ones cannot change the outcome.
            guard index < results.lowestFailure.load(ordering: .relaxed) else { return }
            do throws(E) {
                results.slots[index] = .success(try body(index))
            } catch {
                results.slots[index] = .failure(error)
                results.lowestFailure.min(index, ordering: .relaxed)
            }
        }
        var values: [T] = []
        values.reserveCapacity(count)
        for slot in results.slots {
            if let slot { values.append(try slot.get()) }
        }
        return values
    }
}

/// One slot for each index of a parallel map.
///
/// `@unchecked Sendable` because each slot is written by the one worker that drew its index, and read after all have ended.
private final class Results<T: Sendable, E: Error>: @unchecked Sendable {
    let slots: UnsafeMutableBufferPointer<Result<T, E>?>
    let lowestFailure = Atomic(Int.max)

    init(count: Int) {
        slots = .allocate(capacity: count)
        slots.initialize(repeating: nil)
    }

    deinit {
        slots.deinitialize()
        slots.deallocate()
    }
}
