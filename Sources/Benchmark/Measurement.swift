import Kernels

/// What one piece of work took, and how much of it there was.
package struct Measurement: Sendable, Equatable {
    /// What bounds a piece of work on any machine; the raw value is its name in JSON.
    package enum Limit: String, Sendable {
        /// Fused multiply-adds, counted as two operations.
        case arithmetic = "peak_fma"
        /// Float32 products by tiles, each made of six of bfloat16: weights of fewer parts need fewer.
        case tiles = "peak_tiles"
        /// Bytes read and written.
        case bandwidth = "copy_bandwidth"

        /// What bounds matrix products on this machine.
        static var products: Limit { PanelForm.current == .parts ? .tiles : .arithmetic }
    }

    package let group: String
    package let name: String
    package let threads: Int
    package let limit: Limit
    /// Operations or bytes, as the limit counts.
    package let work: Double
    /// Tokens evaluated, where that is what counts.
    package let tokens: Int?
    /// Medians over the repetitions.
    package let cost: Cost

    package init(
        group: String, name: String, threads: Int, limit: Limit, work: Double, tokens: Int? = nil, cost: Cost
    ) {
        self.group = group
        self.name = name
        self.threads = threads
        self.limit = limit
        self.work = work
        self.tokens = tokens
        self.cost = cost
    }

    /// Operations or bytes per processor second: waiting for a busy machine does not count.
    package var workPerCPUSecond: Double { Self.quotient(work, cost.cpuSeconds) }

    /// Tokens per processor second.
    package var tokensPerCPUSecond: Double? { tokens.map { Self.quotient(Double($0), cost.cpuSeconds) } }

    /// a/b, and 0 where the clock did not advance.
    static func quotient(_ a: Double, _ b: Double) -> Double { b > 0 ? a / b : 0 }
}

/// One figure made of two measurements.
package struct Ratio: Sendable, Equatable {
    package let name: String
    package let value: Double

    package init(name: String, value: Double) {
        self.name = name
        self.value = value
    }
}
