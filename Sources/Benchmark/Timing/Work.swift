import Kernels

/// A piece of work to measure.
struct Work {
    let group: String
    let name: String
    /// What bounds it, in whose unit `amount` is counted.
    let limit: Measurement.Limit
    /// Operations or bytes of one call.
    let amount: Amount
    /// Tokens evaluated by one call, where that is what counts.
    let tokens: Int?
    let threadCounts: [Int]
    private let prepare: () -> Void
    private let run: (_ threads: Int) throws(BenchmarkError) -> Void
    /// Throws if the last call gave a wrong answer.
    let check: () throws(BenchmarkError) -> Void

    /// Operations or bytes.
    enum Amount {
        /// However many threads share it.
        case whole(Double)
        /// Of every thread.
        case each(Double)

        func of(threads: Int) -> Double {
            switch self {
            case .whole(let amount): amount
            case .each(let amount): amount * Double(threads)
            }
        }
    }

    /// `prepare` is called before each call, not counted.
    init(
        group: String, name: String, limit: Measurement.Limit, amount: Amount, tokens: Int? = nil,
        threadCounts: [Int] = Self.threadCounts, prepare: @escaping () -> Void = {},
        run: @escaping (_ threads: Int) throws(BenchmarkError) -> Void,
        check: @escaping () throws(BenchmarkError) -> Void = {}
    ) {
        self.group = group
        self.name = name
        self.limit = limit
        self.amount = amount
        self.tokens = tokens
        self.threadCounts = threadCounts
        self.prepare = prepare
        self.run = run
        self.check = check
    }

    /// One, and what this machine has.
    static var threadCounts: [Int] { Parallel.width > 1 ? [1, Parallel.width] : [1] }

    /// The cost of one call with so many threads: the mean of so many calls.
    func cost(threads: Int, calls: Int) throws(BenchmarkError) -> Cost {
        let result = Parallel.$limit.withValue(threads) { () -> Result<Cost, BenchmarkError> in
            do throws(BenchmarkError) {
                var sum = Cost(wallSeconds: 0, cpuSeconds: 0)
                for _ in 0..<calls {
                    prepare()
                    sum = sum + (try Cost.of { () throws(BenchmarkError) in try run(threads) })
                }
                return .success(sum / calls)
            } catch { return .failure(error) }
        }
        return try result.get()
    }
}
