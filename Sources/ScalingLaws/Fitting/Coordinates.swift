import RealModule

/// The coordinates z in which a law is searched, chosen so that its valleys are short and straight.
///
/// A parameter is searched as it is, or in its logarithm if it is a scale. The coefficient A of a term A·g(θ) is
/// searched as the term's size at the centre of the data, A·g(θ; centre): power laws then lose the correlation
/// between coefficient and exponent that comes from 10⁹ being far from 1. If the law is such a term alone and
/// residuals are logarithms, the coefficient is searched in its logarithm, where the law is linear.
struct Coordinates: Sendable {
    enum Kind: Sendable, Hashable {
        case plain, logarithm
        case term(Int)
        case logarithmOfTerm(Int)
    }

    let space: ParameterSpace
    let free: [Int]
    private(set) var kinds: [Kind]
    private(set) var lower: [Double]
    private(set) var upper: [Double]
    /// The formula at the centre of each term's data: row 2j with its coefficient 1, row 2j+1 with 0, all others 0.
    private let centre: Tape
    private let centrePlaces: [[Int32]]
    private let terms: [Int]
    /// For every parameter, whether its coefficient multiplies the whole law.
    let isSingleTerm: Bool

    init(_ space: ParameterSpace, points: [Point], places: [[Int32]], isLogarithmic: Bool) throws(ScalingLawsError) {
        self.space = space
        let free = space.free
        self.free = free
        let terms = free.filter { space.parameters[$0].isLinear }
        self.terms = terms
        (centre, centrePlaces) = try Self.centres(space, terms, points, places)
        let isSingle = Self.isSingleTerm(space)
        isSingleTerm = isSingle
        kinds = free.map { index in
            let parameter = space.parameters[index]
            if let term = terms.firstIndex(of: index) {
                guard parameter.definition.isCoefficient else { return .plain }
                return isSingle && isLogarithmic && parameter.definition.lower >= 0
                    ? .logarithmOfTerm(term) : .term(term)
            }
            return parameter.definition.isScale && parameter.definition.lower >= 0 ? .logarithm : .plain
        }
        lower = zip(free, kinds).map { index, kind in Self.bound(space.parameters[index].definition.lower, kind) }
        upper = zip(free, kinds).map { index, kind in Self.bound(space.parameters[index].definition.upper, kind) }
    }

    private static func bound(_ value: Double, _ kind: Kind) -> Double {
        switch kind {
        case .plain: value
        case .logarithm: value <= 0 ? -700 : .log(value)
        case .term: value
        case .logarithmOfTerm: value <= 0 ? -700 : 700
        }
    }

    /// Whether the formula is one coefficient times the rest, so that at 0 the law is 0 everywhere.
    private static func isSingleTerm(_ space: ParameterSpace) -> Bool {
        let linear = space.formula.slots.filter(\.isLinear)
        guard linear.count == 1, let name = linear.first?.definition.name else { return false }
        return space.formula.expression.isProportional(to: name)
    }

    private static func centres(
        _ space: ParameterSpace, _ terms: [Int], _ points: [Point], _ places: [[Int32]]
    ) throws(ScalingLawsError) -> (Tape, [[Int32]]) {
        let (zero, one) = (Int32(space.parameters.count), Int32(space.parameters.count + 1))
        var rows: [Point] = []
        var centrePlaces = space.formula.slots.map { _ in [Int32]() }
        for term in terms {
            let used = points.indices.filter { row in places.contains { $0[row] == Int32(term) } }
            let middle = Point.centre(used.map { points[$0] })
            rows += [middle, middle]
            for row in 0..<2 {
                for (slot, definition) in space.formula.slots.enumerated() {
                    let place = used.first.map { places[slot][$0] } ?? 0
                    let isOwn = place == Int32(term) && row == 0
                    centrePlaces[slot].append(definition.isLinear ? (isOwn ? one : zero) : place)
                }
            }
        }
        return (try Observations.tape(space, rows), centrePlaces)
    }
}

extension Coordinates {
    /// The same but for one coordinate, which becomes its parameter as it is, or its logarithm if it can only be positive
    /// and `isPositive`.
    func separating(_ coordinate: Int, isPositive: Bool) -> Coordinates {
        var copy = self
        let definition = space.parameters[free[coordinate]].definition
        let kind: Kind = definition.lower >= 0 && isPositive ? .logarithm : .plain
        copy.kinds[coordinate] = kind
        copy.lower[coordinate] = Self.bound(definition.lower, kind)
        copy.upper[coordinate] = Self.bound(definition.upper, kind)
        return copy
    }

    /// The same with one coordinate held.
    func holding(_ coordinate: Int, at place: Double) -> Coordinates {
        var copy = self
        (copy.lower[coordinate], copy.upper[coordinate]) = (place, place)
        return copy
    }
}

/// Parameters at given coordinates, with their derivatives by the coordinates.
struct MappedParameters {
    var values: [Double]
    /// ∂parameter/∂coordinate where it is not 0.
    var derivatives: [(parameter: Int, coordinate: Int, value: Double)]
}

extension Coordinates {
    /// Room for the centre's evaluation.
    func workspace() -> TapeEvaluation { TapeEvaluation(centre) }

    /// The nearest coordinates within the bounds.
    func clamped(_ z: [Double]) -> [Double] { z.indices.map { min(max(z[$0], lower[$0]), upper[$0]) } }

    /// The parameters at coordinates z.
    func map(_ z: [Double], _ workspace: inout TapeEvaluation) -> MappedParameters {
        var mapped = MappedParameters(values: space.parameters.map { $0.fixed ?? 0 }, derivatives: [])
        for (coordinate, index) in free.enumerated() {
            switch kinds[coordinate] {
            case .plain:
                mapped.values[index] = z[coordinate]
                mapped.derivatives.append((index, coordinate, 1))
            case .logarithm:
                mapped.values[index] = .exp(z[coordinate])
                mapped.derivatives.append((index, coordinate, mapped.values[index]))
            case .term, .logarithmOfTerm: break
            }
        }
        guard !terms.isEmpty else { return mapped }
        workspace.evaluate(places: centrePlaces, parameters: mapped.values + [0, 1])
        let inner = mapped.derivatives
        for (coordinate, index) in free.enumerated() {
            switch kinds[coordinate] {
            case .plain, .logarithm: break
            case .term(let term): addTerm(term, z[coordinate], 1, coordinate, index, inner, workspace, &mapped)
            case .logarithmOfTerm(let term):
                let size = Double.exp(z[coordinate])
                addTerm(term, size, size, coordinate, index, inner, workspace, &mapped)
            }
        }
        return mapped
    }

    /// A = size/|g| and its derivatives: by the own coordinate slope/|g|, by θ −A·g_θ/g.
    private func addTerm(
        _ term: Int, _ size: Double, _ slope: Double, _ coordinate: Int, _ index: Int,
        _ inner: [(parameter: Int, coordinate: Int, value: Double)], _ workspace: TapeEvaluation,
        _ mapped: inout MappedParameters
    ) {
        let (g, byParameter) = unitTerm(term, workspace)
        mapped.values[index] = size / abs(g)
        mapped.derivatives.append((index, coordinate, slope / abs(g)))
        for entry in inner {
            guard let derivative = byParameter[entry.parameter] else { continue }
            mapped.derivatives.append((index, entry.coordinate, -mapped.values[index] * derivative / g * entry.value))
        }
    }

    /// What one unit of a term's coefficient contributes at the centre, with its derivatives by parameter; 1 where it
    /// contributes nothing or nothing finite.
    private func unitTerm(_ term: Int, _ workspace: TapeEvaluation) -> (value: Double, derivatives: [Int: Double]) {
        workspace.withResult { values, slots in
            let g = values[2 * term] - values[2 * term + 1]
            guard g.isFinite, g != 0 else { return (1, [:]) }
            var derivatives: [Int: Double] = [:]
            for (slot, column) in slots.enumerated() {
                guard let column, !space.formula.slots[slot].isLinear else { continue }
                let place = Int(centrePlaces[slot][2 * term])
                derivatives[place, default: 0] += column[2 * term] - column[2 * term + 1]
            }
            return (g, derivatives)
        } ?? (1, [:])
    }

    /// The coordinates of given parameters.
    func coordinates(of values: [Double], _ workspace: inout TapeEvaluation) -> [Double] {
        workspace.evaluate(places: centrePlaces, parameters: values + [0, 1])
        return zip(free, kinds).enumerated().map { coordinate, pair in
            let value = values[pair.0]
            let z: Double =
                switch pair.1 {
                case .plain: value
                case .logarithm: .log(value)
                case .term(let term): value * abs(unitTerm(term, workspace).value)
                case .logarithmOfTerm(let term): .log(value * abs(unitTerm(term, workspace).value))
                }
            return min(max(z, lower[coordinate]), upper[coordinate])
        }
    }
}

extension Expression {
    /// Whether the value is the named parameter times something without it.
    func isProportional(to name: String) -> Bool {
        switch self {
        case .parameter(let own, _): own == name
        case .multiply(let a, let b):
            (a.isProportional(to: name) && !b.mentions([name])) || (b.isProportional(to: name) && !a.mentions([name]))
        case .divide(let a, let b): a.isProportional(to: name) && !b.mentions([name])
        default: false
        }
    }
}

extension LawParameter {
    /// Its bounds are none but 0, so that it may be searched in any positive unit.
    fileprivate var isCoefficient: Bool { (lower == 0 || lower == -.infinity) && upper == .infinity }
}

extension Point {
    /// The geometric mean of sizes, tokens and bits of the compressed points, or of all where none is.
    fileprivate static func centre(_ points: [Point]) -> Point {
        let compressed = points.filter { Variable.isCompressed($0.conditions) }
        let used = compressed.isEmpty ? points : compressed
        guard var middle = used.first else { return Point(Conditions(params: 1, tokens: 1)) }
        func mean(_ values: [Double]) -> Double { .exp(values.reduce(0) { $0 + .log($1) } / Double(values.count)) }
        middle.conditions.params = mean(used.map(\.conditions.params))
        middle.conditions.tokens = mean(used.map(\.conditions.tokens))
        let bits = used.compactMap(\.conditions.bits)
        if bits.count == used.count { middle.conditions.bits = mean(bits) }
        return middle
    }
}
