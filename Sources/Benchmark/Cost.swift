import Glibc

/// What a piece of work took.
package struct Cost: Sendable, Equatable {
    package let wallSeconds: Double
    /// User and system time of all threads.
    package let cpuSeconds: Double

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
            wallSeconds: Self.median(costs.map(\.wallSeconds)), cpuSeconds: Self.median(costs.map(\.cpuSeconds)))
    }

    /// The middle value, or the mean of the two in the middle; 0 of none.
    package static func median(_ values: [Double]) -> Double {
        guard !values.isEmpty else { return 0 }
        let sorted = values.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    private static var now: Cost {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Cost(
            wallSeconds: Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9,
            cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime))
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
}
