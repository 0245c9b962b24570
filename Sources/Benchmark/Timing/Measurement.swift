import Kernels

/// What one piece of work took, and how much of it there was.
package struct Measurement: Sendable, Equatable {
    /// What bounds a piece of work on any machine; the raw value is its name in JSON.
    package enum Limit: String, Sendable {
        /// Fused multiply-adds, counted as two operations.
        case arithmetic = "peak_fma"
        /// Float32 products by tiles, each made of six of bfloat16: weights that split into fewer terms need fewer.
        case tiles = "peak_tiles"
        /// Bytes read and written.
        case bandwidth = "copy_bandwidth"

        /// What bounds matrix products on this machine.
        static var products: Limit { PanelForm.current == .splitBFloat16 ? .tiles : .arithmetic }
    }

    package let group: String
    package let name: String
    package let threads: Int
    package let limit: Limit
    /// Operations or bytes, as the limit counts.
    package let work: Double
    /// Tokens evaluated, where that is what counts.
    package let tokens: Int?
    /// Medians over the rounds.
    package let cost: Cost
    /// How much of what the limit can do in a processor second with as many threads it comes to; nil for a limit itself.
    package let share: MedianEstimate?
    /// How many times as fast as one thread it is, by wall time; nil for one thread.
    package let speedup: MedianEstimate?

    package init(
        group: String, name: String, threads: Int, limit: Limit, work: Double, tokens: Int? = nil, cost: Cost,
        share: MedianEstimate? = nil, speedup: MedianEstimate? = nil
    ) {
        self.group = group
        self.name = name
        self.threads = threads
        self.limit = limit
        self.work = work
        self.tokens = tokens
        self.cost = cost
        self.share = share
        self.speedup = speedup
    }

    /// Operations or bytes per processor second: waiting for a busy machine does not count.
    package var workPerCPUSecond: Double { Self.quotient(work, cost.cpuSeconds) }

    /// Tokens per processor second.
    package var tokensPerCPUSecond: Double? { tokens.map { Self.quotient(Double($0), cost.cpuSeconds) } }

    /// a/b, and 0 where the clock did not advance.
    static func quotient(_ a: Double, _ b: Double) -> Double { b > 0 ? a / b : 0 }
}

/// What two pieces of work that were taken in turn cost, one for the other.
package struct Ratio: Sendable, Equatable {
    package let name: String
    package let value: MedianEstimate

    package init(name: String, value: MedianEstimate) {
        self.name = name
        self.value = value
    }
}
