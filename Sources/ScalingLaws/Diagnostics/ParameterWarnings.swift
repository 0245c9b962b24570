import Presentation

extension Checks {
    /// Why a parameter's value is not to be trusted, nil where it is.
    func warning(about parameter: FittedParameter) -> FitWarning? {
        let name = parameter.name
        let low = min(parameter.low, parameter.profile?.lowerBound ?? parameter.low)
        let high = max(parameter.high, parameter.profile?.upperBound ?? parameter.high)
        let interval = "\(Figures.compact(low)) to \(Figures.compact(high))"
        if parameter.isFixed {
            guard let definition = optimum.space.parameters.first(where: { $0.name == name })?.definition,
                let variable = definition.identifiedBy, optimum.options.fixed[name] == nil
            else { return nil }
            return FitWarning(
                kind: .heldFixed,
                finding: "\(name) is held at \(Figures.compact(parameter.value)), as all points have the same "
                    + "\(variable.rawValue).",
                advice: "Add points that differ in \(variable.rawValue) to estimate it; until then the law is for that "
                    + "value."
            )
        }
        if parameter.atBound {
            return FitWarning(
                kind: .atBound,
                finding:
                    "\(name) is not identified: it sits at its bound \(Figures.compact(parameter.value)), and the data "
                    + "allow \(interval).",
                advice: "Read nothing into it, and expect \(companions(of: name)) to move with it; add larger N and D, "
                    + "or fix it from elsewhere."
            )
        }
        guard !parameter.identified else { return nil }
        return FitWarning(
            kind: .notIdentified, finding: "\(name) is not identified: the data allow \(interval).",
            advice: "Expect \(companions(of: name)) to move with it; add points that vary what it multiplies, or fix "
                + "it from elsewhere."
        )
    }

    /// The parameters most correlated with this one in the bootstrap.
    private func companions(of name: String) -> String {
        guard let own = fit.parameters.firstIndex(where: { $0.name == name }), fit.draws.count > 20 else {
            return "other parameters"
        }
        let column = Self.ranks(fit.draws.map { $0[own] })
        let linked = fit.parameters.indices.filter { $0 != own && !fit.parameters[$0].isFixed }
            .map { (name: fit.parameters[$0].name, link: abs(Self.correlation(column, Self.ranks(fit.draws, $0)))) }
            .filter { $0.link > 0.6 }.sorted { $0.link > $1.link }.prefix(4)
        return linked.isEmpty ? "other parameters" : linked.map(\.name).joined(separator: ", ")
    }

    private static func ranks(_ draws: [[Double]], _ index: Int) -> [Double] { ranks(draws.map { $0[index] }) }

    private static func ranks(_ values: [Double]) -> [Double] {
        var ranks = [Double](repeating: 0, count: values.count)
        for (rank, index) in values.indices.sorted(by: { values[$0] < values[$1] }).enumerated() {
            ranks[index] = Double(rank)
        }
        return ranks
    }

    private static func correlation(_ a: [Double], _ b: [Double]) -> Double {
        let count = Double(a.count)
        let (meanA, meanB) = (a.reduce(0, +) / count, b.reduce(0, +) / count)
        var (ab, aa, bb) = (0.0, 0.0, 0.0)
        for (x, y) in zip(a, b) {
            ab += (x - meanA) * (y - meanB)
            aa += (x - meanA) * (x - meanA)
            bb += (y - meanB) * (y - meanB)
        }
        return aa > 0 && bb > 0 ? ab / (aa * bb).squareRoot() : 0
    }
}
