import JSON

/// What a run of the benchmark found.
package struct BenchmarkReport: Sendable, Equatable {
    package var measurements: [Measurement] = []
    package var ratios: [Ratio] = []
    /// What was not measured, and why.
    package var notes: [String] = []

    package init() {}

    /// The document of `qid bench --json`.
    package var json: String {
        let value: JSONValue = [
            "measurements": .array(measurements.map(json)),
            "ratios": .array(ratios.map { ["name": .string($0.name), "value": json($0.value)] }),
            "notes": .array(notes.map(JSONValue.string)),
        ]
        return value.prettyText
    }

    private func json(_ measurement: Measurement) -> JSONValue {
        [
            "group": .string(measurement.group), "name": .string(measurement.name),
            "threads": .integer(measurement.threads), "limit": .string(measurement.limit.rawValue),
            "work": .number(measurement.work), "wall_seconds": .number(measurement.cost.wallSeconds),
            "cpu_seconds": .number(measurement.cost.cpuSeconds),
            "work_per_cpu_second": .number(measurement.workPerCPUSecond),
            "share_of_limit": measurement.share.map(json) ?? .null,
            "speedup": measurement.speedup.map(json) ?? .null,
            "tokens_per_cpu_second": measurement.tokensPerCPUSecond.map(JSONValue.number) ?? .null,
        ]
    }

    private func json(_ estimate: MedianEstimate) -> JSONValue {
        let interval = estimate.interval.map { JSONValue.array([.number($0.lowerBound), .number($0.upperBound)]) }
        return ["median": .number(estimate.value), "interval": interval ?? .null]
    }
}
