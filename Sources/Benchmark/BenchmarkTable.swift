import Presentation

extension BenchmarkReport {
    /// The figures as a table for people, with a line break at the end.
    package var table: String {
        let header = [
            "", "threads", "wall ms", "CPU ms", "per CPU second", "of limit", "of one thread", "tokens/CPU s",
        ]
        let table = TextTable(header, text: [0], rows: measurements.map(row)).aligned()
        let figures = ratios.map { "\($0.name): \(Self.text($0.value))" }
        return table + ([""] + figures + notes).joined(separator: "\n") + "\n"
    }

    private func row(_ measurement: Measurement) -> [String] {
        let unit = measurement.limit == .bandwidth ? "GB" : "GFLOP"
        return [
            "\(measurement.group): \(measurement.name)", "\(measurement.threads)",
            Figures.fixed(measurement.cost.wallSeconds * 1e3, decimals: 2),
            Figures.fixed(measurement.cost.cpuSeconds * 1e3, decimals: 2),
            Figures.fixed(measurement.workPerCPUSecond / 1e9, decimals: 2) + " " + unit,
            measurement.share.map { Figures.fixed($0.value * 100, decimals: 1) + " %" } ?? "",
            measurement.speedup.map(Self.text) ?? "",
            measurement.tokensPerCPUSecond.map { Figures.fixed($0, decimals: 0) } ?? "",
        ]
    }

    /// A median and what it lies between.
    private static func text(_ estimate: MedianEstimate) -> String {
        let interval = estimate.interval.map {
            " (\(Figures.fixed($0.lowerBound, decimals: 2)) to \(Figures.fixed($0.upperBound, decimals: 2)))"
        }
        return Figures.fixed(estimate.value, decimals: 2) + (interval ?? "")
    }
}
