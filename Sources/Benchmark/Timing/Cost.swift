import System

/// What a piece of work took.
package struct Cost: Sendable, Equatable {
    package var wallSeconds: Double
    /// User and system time of all threads.
    package var cpuSeconds: Double

    package init(wallSeconds: Double, cpuSeconds: Double) {
        self.wallSeconds = wallSeconds
        self.cpuSeconds = cpuSeconds
    }

    /// The cost of calling `body` once.
    package static func of<E: Error>(_ body: () throws(E) -> Void) throws(E) -> Cost {
        let start = now
        try body()
        let end = now
        return Cost(
            wallSeconds: end.wallSeconds - start.wallSeconds, cpuSeconds: end.cpuSeconds - start.cpuSeconds)
    }

    /// The medians of wall and processor time, each by itself.
    package static func median(_ costs: [Cost]) -> Cost {
        Cost(
            wallSeconds: MedianEstimate(costs.map(\.wallSeconds)).value,
            cpuSeconds: MedianEstimate(costs.map(\.cpuSeconds)).value)
    }

    static func + (a: Cost, b: Cost) -> Cost {
        Cost(wallSeconds: a.wallSeconds + b.wallSeconds, cpuSeconds: a.cpuSeconds + b.cpuSeconds)
    }

    static func / (cost: Cost, count: Int) -> Cost {
        Cost(wallSeconds: cost.wallSeconds / Double(count), cpuSeconds: cost.cpuSeconds / Double(count))
    }

    private static var now: Cost { Cost(wallSeconds: Clock.seconds, cpuSeconds: Clock.processorSeconds) }
}
