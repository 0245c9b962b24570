extension BenchmarkReport {
    /// The figures as a table for people, with a line break at the end.
    package var table: String {
        let header = [
            "", "threads", "wall ms", "CPU ms", "per CPU second", "of limit", "of one thread", "tokens/CPU s",
        ]
        let rows = [header] + measurements.map(row)
        let widths = header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }
            return cells.joined(separator: "  ")
        }
        let figures = ratios.map { "\($0.name): \(Self.text($0.value))" }
        return (lines + [""] + figures + notes).joined(separator: "\n") + "\n"
    }

    private func row(_ measurement: Measurement) -> [String] {
        let unit = measurement.limit == .bandwidth ? "GB" : "GFLOP"
        return [
            "\(measurement.group): \(measurement.name)", "\(measurement.threads)",
            Self.text(measurement.cost.wallSeconds * 1e3, digits: 2),
            Self.text(measurement.cost.cpuSeconds * 1e3, digits: 2),
            Self.text(measurement.workPerCPUSecond / 1e9, digits: 2) + " " + unit,
            measurement.share.map { Self.text($0.value * 100, digits: 1) + " %" } ?? "",
            measurement.speedup.map(Self.text) ?? "",
            measurement.tokensPerCPUSecond.map { Self.text($0, digits: 0) } ?? "",
        ]
    }

    /// A median and what it lies between.
    private static func text(_ estimate: MedianEstimate) -> String {
        let interval = estimate.interval.map {
            " (\(text($0.lowerBound, digits: 2)) to \(text($0.upperBound, digits: 2)))"
        }
        return text(estimate.value, digits: 2) + (interval ?? "")
    }

    /// A positive number with so many digits after the point.
    private static func text(_ value: Double, digits: Int) -> String {
        let unit = (0..<digits).reduce(1) { product, _ in product * 10 }
        guard let scaled = Int(exactly: (value * Double(unit)).rounded()) else { return "\(value)" }
        guard digits > 0 else { return "\(scaled)" }
        let fraction = "\(scaled % unit)"
        return "\(scaled / unit)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
