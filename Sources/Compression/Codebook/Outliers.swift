import JSON
import Kernels

/// The weights of a layer that are kept apart from its tables, so that no level need go where hardly any weight is.
///
/// They are the ⌊share · weights⌋ of greatest magnitude, with `imatrix` of greatest magnitude times the root mean square of
/// their input (the score of Wanda); of equal ones the last. SqueezeLLM (2306.07629) keeps its outliers by magnitude.
struct Outliers: Sendable {
    /// 1 for a weight that is kept apart, 0 for the others.
    let marks: RowTable<UInt8>
    let count: Int

    /// How many of a layer's weights a spec keeps apart.
    static func count(_ layer: LinearLayer, _ spec: Spec) -> Int {
        Int((spec.options.outliers ?? 0) * Double(layer.weight.rows * layer.weight.columns))
    }

    /// Nil where a spec keeps none apart.
    init?(_ layer: LinearLayer, _ spec: Spec, importance: [Float]?) throws(CompressionError) {
        count = Self.count(layer, spec)
        guard count > 0 else { return nil }
        let (rows, columns) = (layer.weight.rows, layer.weight.columns)
        let scores = Pruning.scores(
            try layer.finiteValues(), norms: importance.map { $0.map { $0.squareRoot() } })
        marks = RowTable(rows: rows, columns: columns, repeating: 0)
        let marks = marks
        let others = rows * columns - count
        scores.readAll { keys in
            marks.withRows(0..<rows) { Cutoff(smallest: others, of: keys).mark(keys, into: &$0) }
        }
    }
}

extension SpecKey {
    /// Which share of weights stays out of tables.
    package static let outliers: SpecKey = .init(
        "outliers", summary: "Share of the greatest weights that are kept apart in 16 bits, such as 0.005 or 0.5%",
        allowed: "a share above 0 and at most 0.1, such as 0.005 or 0.5%",
        schema: [
            "oneOf": [
                ["type": "number", "exclusiveMinimum": 0, "maximum": 0.1],
                ["type": "string", "pattern": "^[0-9]+([.][0-9]+)?%$"],
            ]
        ],
        read: { (value, draft) throws(CompressionError) in draft.options.outliers = try share(value.json) },
        canonical: { $0.options.outliers.map { .number($0) } },
        label: { spec in
            spec.options.outliers.map { share in
                let percent = JSONValue.number((share * 1e8).rounded() / 1e6).canonicalText
                return SpecLabel("o\(percent)", words: "\(percent) % of weights kept apart")
            }
        },
        check: { (spec) throws(CompressionError) in
            guard let share = spec.options.outliers else { return }
            guard share > 0, share <= 0.1 else {
                throw SpecKey.outliers.refusal("\(share)", allowed: SpecKey.outliers.allowed)
            }
            if spec.options.powersOfTwo {
                throw SpecKey.outliers.refusal("\(share)", allowed: "left out with powers_of_two")
            }
        })

    /// A share, or a percentage with its sign.
    private static func share(_ value: JSONValue) throws(CompressionError) -> Double {
        if let share = value.double { return share }
        guard let text = value.string, text.last == "%", let percent = Double(text.dropLast()) else {
            throw SpecKey.outliers.refusal(value.canonicalText, allowed: SpecKey.outliers.allowed)
        }
        // A hundredth of a short decimal is the nearest number to a short decimal.
        return (percent * 1e6).rounded() / 1e8
    }
}
