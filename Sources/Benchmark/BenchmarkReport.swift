import JSON

/// What a run of the benchmark found.
package struct BenchmarkReport: Sendable, Equatable {
    package var measurements: [Measurement] = []
    package var ratios: [Ratio] = []
    /// What was not measured, and why.
    package var notes: [String] = []

    package init() {}

    /// The document of `qid bench --json`.
    package var json: String { json(nil) }

    /// The document with what became of each part since an earlier run.
    package func json(_ comparison: BenchmarkComparison?) -> String {
        var document = JSONObject()
        document["measurements"] = .array(measurements.map(json))
        document["ratios"] = .array(ratios.map { ["name": .string($0.name), "value": $0.value.json] })
        document["notes"] = .array(notes.map(JSONValue.string))
        document["comparison"] = comparison?.json
        return JSONValue.object(document).prettyText
    }

    private func json(_ measurement: Measurement) -> JSONValue {
        [
            "group": .string(measurement.group), "name": .string(measurement.name),
            "threads": .integer(measurement.threads), "limit": .string(measurement.limit.rawValue),
            "work": .number(measurement.work), "wall_seconds": .number(measurement.cost.wallSeconds),
            "cpu_seconds": .number(measurement.cost.cpuSeconds),
            "work_per_cpu_second": .number(measurement.workPerCPUSecond),
            "share_of_limit": measurement.share?.json ?? .null,
            "speedup": measurement.speedup?.json ?? .null,
            "tokens_per_cpu_second": measurement.tokensPerCPUSecond.map(JSONValue.number) ?? .null,
        ]
    }
}
