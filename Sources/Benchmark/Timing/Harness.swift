import Kernels

/// Where measurements are made: everything in turn with the limit that bounds it, with one thread and with all.
///
/// Other users of a machine slow it down for milliseconds and for minutes. What is compared is therefore taken close
/// together, over and over, and the median of what the rounds came to counts, not the quotient of two medians.
struct Harness {
    private let roundCount: Int
    private let leastSeconds: Double
    private let limits: Limits

    init(_ workload: Workload) {
        roundCount = max(1, workload.rounds)
        leastSeconds = workload.leastSeconds
        limits = Limits(workload)
    }

    /// What the machine can do at most.
    func measureLimits() throws(BenchmarkError) -> Rounds {
        try take(limits.all.flatMap { Series.all(of: $0, limit: nil) })
    }

    /// Takes pieces of work in turn, each after its limit.
    func measure(_ works: [Work]) throws(BenchmarkError) -> Rounds {
        try take(works.flatMap { Series.all(of: $0, limit: limits.work($0.limit)) })
    }

    private func take(_ untaken: [Series]) throws(BenchmarkError) -> Rounds {
        var series = untaken
        for index in series.indices { try series[index].prepare(leastSeconds: leastSeconds) }
        for round in 0..<roundCount {
            // There and back, so that a machine that becomes slower favours none.
            for index in round.isMultiple(of: 2) ? Array(series.indices) : series.indices.reversed() {
                try series[index].take()
            }
        }
        for series in series { try series.check() }
        return Rounds(series: series)
    }
}

/// One piece of work with so many threads, taken over and over.
struct Series {
    let work: Work
    let threads: Int
    /// Of one call, round by round.
    private(set) var costs: [Cost] = []
    /// How much of what the limit did in a processor second of the same round it came to.
    private(set) var shares: [Double] = []
    private let limit: Work?
    private var (calls, limitCalls) = (1, 1)

    private init(_ work: Work, threads: Int, limit: Work?) {
        self.work = work
        self.threads = threads
        self.limit = limit
    }

    static func all(of work: Work, limit: Work?) -> [Series] {
        work.threadCounts.map { Series(work, threads: $0, limit: limit) }
    }

    /// Calls all once, which does not count, to know how often to call it in a round.
    fileprivate mutating func prepare(leastSeconds: Double) throws(BenchmarkError) {
        func count(_ work: Work) throws(BenchmarkError) -> Int {
            let first = try work.cost(threads: threads, calls: 1)
            return max(1, Int((leastSeconds / max(first.wallSeconds, 1e-6)).rounded(.up)))
        }
        calls = try count(work)
        if let limit { limitCalls = try count(limit) }
    }

    fileprivate mutating func take() throws(BenchmarkError) {
        let bound = try limit.map { (limit) throws(BenchmarkError) in try rate(limit, calls: limitCalls).perCPUSecond }
        let found = try rate(work, calls: calls)
        costs.append(found.cost)
        if let bound { shares.append(Measurement.quotient(found.perCPUSecond, bound)) }
    }

    /// Checks what one more call gives with as many threads, whose answer is still there.
    fileprivate func check() throws(BenchmarkError) {
        _ = try work.cost(threads: threads, calls: 1)
        try work.check()
    }

    private func rate(_ work: Work, calls: Int) throws(BenchmarkError) -> (cost: Cost, perCPUSecond: Double) {
        let cost = try work.cost(threads: threads, calls: calls)
        return (cost, Measurement.quotient(work.amount.of(threads: threads), cost.cpuSeconds))
    }
}
