import Kernels

/// Where measurements are made: everything with one thread and with all, several times.
struct Stand: Sendable {
    let repetitions: Int
    let leastSeconds: Double

    init(_ workload: Workload) {
        repetitions = max(1, workload.repetitions)
        leastSeconds = workload.leastSeconds
    }

    /// One, and what this machine has.
    static var threadCounts: [Int] { Parallel.width > 1 ? [1, Parallel.width] : [1] }

    /// The median cost of one call, after a first one that is not counted.
    func cost<E: Error>(threads: Int, _ body: () throws(E) -> Void) throws(E) -> Cost {
        try withThreads(threads) { () throws(E) in
            let first = try Cost.of(body)
            let calls = max(1, Int((leastSeconds / max(first.wallSeconds, 1e-6)).rounded(.up)))
            var costs: [Cost] = []
            for _ in 0..<repetitions {
                let sum = try Cost.of { () throws(E) in for _ in 0..<calls { try body() } }
                costs.append(
                    Cost(
                        wallSeconds: sum.wallSeconds / Double(calls), cpuSeconds: sum.cpuSeconds / Double(calls)))
            }
            return Cost.median(costs)
        }
    }

    /// As above, with something done before each call that is not counted.
    func cost(threads: Int, before: () -> Void, _ body: () -> Void) -> Cost {
        withThreads(threads) {
            let costs = (0...repetitions).map { _ in
                before()
                return Cost.of(body)
            }
            return Cost.median(Array(costs.dropFirst()))
        }
    }
}

/// Calls `body` where parallel work takes at most so many threads.
func withThreads<Value, E: Error>(_ count: Int, _ body: () throws(E) -> Value) throws(E) -> Value {
    let result = Parallel.$limit.withValue(count) { () -> Result<Value, E> in
        do throws(E) { return .success(try body()) } catch { return .failure(error) }
    }
    return try result.get()
}
