/// The columns that points have beside those that every formula knows, by which the names in a user's formula are told
/// apart: a column, a parameter, or a mistake.
package struct LawNames: Sendable, Equatable {
    /// Columns of numbers.
    package var columns: Set<String>
    /// Columns whose values may index a parameter, as in `k[phase]`.
    package var labels: Set<String>

    package init(columns: Set<String>, labels: Set<String>) {
        (self.columns, self.labels) = (columns, labels)
    }

    /// Those of these points.
    package init(of points: [Point]) {
        columns = points.reduce(into: []) { $0.formUnion($1.conditions.columns.keys) }
        labels = points.reduce(into: []) { $0.formUnion($1.conditions.labels.keys) }
    }

    /// Those of the warehouse's points.
    package static let warehouse = LawNames(
        columns: [
            "params_total", "width", "depth", "vocabulary", "step", "loss16", "bits_per_weight",
            "distortion", "weight_distortion", "sensitivity", "qid_sensitivity",
        ],
        labels: ["family", "series", "seed", "stage", "phase", "checkpoint", "method", "spec"])

    /// The names in a formula that are parameters.
    ///
    /// A parameter is a letter or the name of a Greek one, with digits, a capital or `_` and more behind it if need be
    /// (`k`, `E`, `a1`, `alpha`, `gammaG`, `k_low`), two letters the first of which is a capital (`Nc`), `eff`, or what was
    /// declared by bounds.
    func parameters(
        of expression: Expression, in formula: String, declared: Set<String>
    ) throws(ScalingLawsError) -> Set<String> {
        var parameters: Set<String> = []
        for (name, label) in expression.parameters {
            if label == nil, columns.contains(name), !declared.contains(name) { continue }
            guard declared.contains(name) || Self.isParameter(name) else {
                throw .unknownName(name, law: formula, columns: columns.sorted())
            }
            if case .column(let column)? = label, !labels.contains(column), !columns.contains(column) {
                throw .unknownLabel(column, law: formula, labels: labels.union(["bits", "scheme", "group"]).sorted())
            }
            parameters.insert(name)
        }
        return parameters
    }

    private static let letters = [
        "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu",
        "xi",
        "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
    ]

    private static func isParameter(_ name: String) -> Bool {
        if name == "eff" { return true }
        if name.count == 2, let first = name.first, let last = name.last, first.isUppercase, last.isLetter {
            return true
        }
        let beginnings = letters.filter { name.lowercased().hasPrefix($0) }.map(\.count) + [1]
        return beginnings.contains { length in
            guard name.first?.isLetter == true else { return false }
            guard let next = name.dropFirst(length).first else { return true }
            let isMarked = next.isUppercase || next == "_" || next.isNumber
            return length == 1 ? next == "_" || name.dropFirst().allSatisfy(\.isNumber) : isMarked
        }
    }
}
