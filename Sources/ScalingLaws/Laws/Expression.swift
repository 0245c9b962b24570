/// A formula in params, tokens, bits, sparsity, group and parameters, as a tree.
indirect enum Expression: Hashable, Sendable {
    case number(Double)
    case variable(Variable)
    /// A parameter; with a label, one for each of its levels (`eff[scheme]`).
    case parameter(String, Label?)
    case add(Expression, Expression)
    case subtract(Expression, Expression)
    case multiply(Expression, Expression)
    case divide(Expression, Expression)
    case power(Expression, Expression)
    case negate(Expression)
    case call(Function, Expression)

    enum Function: String, CaseIterable, Sendable { case exp, log, log2, log10, sqrt, tanh }

    /// The trees directly below.
    var children: [Expression] {
        switch self {
        case .number, .variable, .parameter: []
        case .add(let a, let b), .subtract(let a, let b), .multiply(let a, let b), .divide(let a, let b),
            .power(let a, let b):
            [a, b]
        case .negate(let a), .call(_, let a): [a]
        }
    }

    /// The parameters in the order in which they are first written.
    var parameters: [(name: String, label: Label?)] {
        var found: [(name: String, label: Label?)] = []
        collect(into: &found)
        return found
    }

    private func collect(into found: inout [(name: String, label: Label?)]) {
        if case .parameter(let name, let label) = self, !found.contains(where: { $0.name == name }) {
            found.append((name, label))
        }
        for child in children { child.collect(into: &found) }
    }

    /// The variables in the formula.
    var variables: Set<Variable> {
        if case .variable(let variable) = self { return [variable] }
        return children.reduce(into: []) { $0.formUnion($1.variables) }
    }

    /// Whether any of these parameters is in it.
    func mentions(_ names: Set<String>) -> Bool {
        if case .parameter(let name, _) = self { return names.contains(name) }
        return children.contains { $0.mentions(names) }
    }

    /// Whether the value is affine in the named parameters together: a sum of terms, each with at most one of them as
    /// a factor.
    func isAffine(in names: Set<String>) -> Bool { degree(in: names).map { $0 <= 1 } ?? false }

    /// The degree as a polynomial in the named parameters; nil where it is none.
    private func degree(in names: Set<String>) -> Int? {
        switch self {
        case .number, .variable: return 0
        case .parameter(let name, _): return names.contains(name) ? 1 : 0
        case .add(let a, let b), .subtract(let a, let b):
            guard let a = a.degree(in: names), let b = b.degree(in: names) else { return nil }
            return max(a, b)
        case .multiply(let a, let b):
            guard let a = a.degree(in: names), let b = b.degree(in: names) else { return nil }
            return a + b
        case .divide(let a, let b): return b.mentions(names) ? nil : a.degree(in: names)
        case .negate(let a): return a.degree(in: names)
        case .power, .call: return mentions(names) ? nil : 0
        }
    }

    /// The largest set of parameters, taken in the order of the formula, in which it is affine: its linear part.
    var linearParameters: Set<String> {
        var names: Set<String> = []
        for parameter in parameters where isAffine(in: names.union([parameter.name])) { names.insert(parameter.name) }
        return names
    }

    /// The parameters that stand in an exponent: pure numbers of order one in a scaling law.
    var exponentParameters: Set<String> {
        if case .power(let base, let exponent) = self {
            return base.exponentParameters.union(exponent.parameters.map(\.name))
        }
        return children.reduce(into: []) { $0.formUnion($1.exponentParameters) }
    }
}
