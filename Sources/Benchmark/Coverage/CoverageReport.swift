import JSON
import Presentation
import ScalingLaws

/// What `qid bench --coverage` found, law by law.
package struct CoverageReport: Sendable, Equatable {
    package let seed: UInt64
    package let laws: [Coverage]

    package init(seed: UInt64, laws: [Coverage]) {
        self.seed = seed
        self.laws = laws
    }

    /// Simulates every law, or those named.
    ///
    /// `progress` is called now and then with the share done and the law at work.
    package static func simulate(
        laws names: [String], repetitions: Int, seed: UInt64, progress: (Double, String) -> Void = { _, _ in }
    ) throws(BenchmarkError) -> CoverageReport {
        let known = CoverageDesign.all.map(\.law.name)
        if let unknown = names.first(where: { !known.contains($0) }) {
            throw .notSimulated(law: unknown, known: known)
        }
        let designs = CoverageDesign.all.filter { names.isEmpty || names.contains($0.law.name) }
        var laws: [Coverage] = []
        for design in designs {
            laws.append(
                try coverage(of: design, repetitions: repetitions, seed: seed) { share in
                    progress((Double(laws.count) + share) / Double(designs.count), design.law.name)
                })
        }
        return CoverageReport(seed: seed, laws: laws)
    }

    /// The table for people, in Markdown.
    package var table: String {
        let header = [
            "law", "points", "errors", "95 % intervals of parameters hold the truth, %",
            "of predictions amid the data, × 10 beyond", "of measurements of another run there", "not identified",
        ]
        return TextTable(header, text: Set(header.indices), rows: laws.map(Self.row)).markdown
    }

    private static func row(_ one: Coverage) -> [String] {
        let parameters = one.parameters.map { "\($0.name) \(percent($0.share))" }.joined(separator: ", ")
        let predictions = one.predictions.map { percent($0.share) }.joined(separator: ", ")
        let measurements = one.measurements.map { percent($0.share) }.joined(separator: ", ")
        let fitted = one.repetitions - one.failures
        var silent = one.parameters.filter { $0.identified < fitted }.map {
            "\($0.name) in \(fitted - $0.identified) of \(fitted)"
        }
        if one.failures > 0 { silent.append("no fit in \(one.failures)") }
        let clusters =
            one.checkpoints < one.points ? "\(one.points) of \(one.checkpoints) checkpoints" : "\(one.points)"
        let noise =
            one.sharedNoise > 0
            ? "\(percent(one.sharedNoise)) shared, \(percent(one.ownNoise)) own" : percent(one.ownNoise)
        return [
            one.law + (one.name.isEmpty ? "" : ", " + one.name), clusters, noise + " %", parameters, predictions,
            measurements,
            silent.isEmpty ? "none" : silent.joined(separator: ", "),
        ]
    }

    /// In hundredths with one decimal: `95.1`.
    private static func percent(_ share: Double?) -> String {
        guard let share, let tenths = Int(exactly: (share * 1000).rounded()) else { return "–" }
        return tenths % 10 == 0 && share < 0.2 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    /// The document of `qid bench --coverage --json`.
    ///
    ///     {"seed", "laws": [{"law", "case", "points", "checkpoints", "shared_noise", "own_noise", "repetitions", "failures",
    ///      "parameters": [{"name", "truth", "identified", "held", "coverage"}], "predictions" and "measurements": the
    ///      same}]}
    package var json: String {
        let document: JSONValue = [
            "seed": .string("\(seed)"),
            "laws": .array(
                laws.map { one in
                    [
                        "law": .string(one.law), "case": .string(one.name), "points": .integer(one.points),
                        "checkpoints": .integer(one.checkpoints), "shared_noise": .number(one.sharedNoise),
                        "own_noise": .number(one.ownNoise), "repetitions": .integer(one.repetitions),
                        "failures": .integer(one.failures), "parameters": .array(one.parameters.map(Self.json)),
                        "predictions": .array(one.predictions.map(Self.json)),
                        "measurements": .array(one.measurements.map(Self.json)),
                    ]
                }),
        ]
        return document.prettyText
    }

    private static func json(_ count: Coverage.Count) -> JSONValue {
        [
            "name": .string(count.name), "truth": .number(count.truth), "identified": .integer(count.identified),
            "held": .integer(count.held), "coverage": count.share.map(JSONValue.number) ?? .null,
        ]
    }
}
