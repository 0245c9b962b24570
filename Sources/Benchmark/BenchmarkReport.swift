import JSON

/// What a run of the benchmark found.
package struct BenchmarkReport: Sendable, Equatable {
    package var measurements: [Measurement] = []
    package var ratios: [Ratio] = []
    /// What was not measured, and why.
    package var notes: [String] = []

    package init() {}

    /// How much of what the machine can do, measured in the same run with as many threads, a piece of work comes to;
    /// both per processor second. Nil where the limit was not measured.
    package func share(_ measurement: Measurement) -> Double? {
        let limit = measurements.first {
            $0.group == Limits.group && $0.limit == measurement.limit && $0.threads == measurement.threads
        }
        return limit.map { Measurement.quotient(measurement.workPerCPUSecond, $0.workPerCPUSecond) }
    }

    /// The document of `qid bench --json`.
    package var json: String {
        let value: JSONValue = [
            "measurements": .array(measurements.map(json)),
            "ratios": .array(ratios.map { ["name": .string($0.name), "value": .number($0.value)] }),
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
            "share_of_limit": share(measurement).map(JSONValue.number) ?? .null,
            "tokens_per_cpu_second": measurement.tokensPerCPUSecond.map(JSONValue.number) ?? .null,
        ]
    }
}
