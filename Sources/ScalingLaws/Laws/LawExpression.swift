extension Laws {
    /// A law given as an expression: `E + A / params^a`, or with what it predicts, `qid = k * tokens^b`.
    ///
    /// Without a quantity, it predicts QiD if it speaks of bits or group sizes, else loss. Parameters in an exponent
    /// and those in which the law is linear are free; all others are scales above 0. `bounds` replaces either. A name that
    /// the points have as a column is that column; any other has to look like a parameter (`LawNames`) or have bounds.
    package static func expression(
        _ text: String, names: LawNames = .warehouse, bounds: [String: ClosedRange<Double>] = [:]
    ) throws(ScalingLawsError) -> Law {
        let (given, formula) = split(text)
        let own = try names.parameters(
            of: try ExpressionParser.parse(formula), in: formula, declared: Set(bounds.keys))
        let expression = try ExpressionParser.parse(formula, parameters: own)
        let (linear, exponents) = (expression.linearParameters, expression.exponentParameters)
        let isAboutBits = !expression.variables.isDisjoint(with: [.bits, .group])
        let parameters = expression.parameters.map { name, _ in
            if let bounds = bounds[name] { return bounded(name, bounds) }
            if linear.contains(name) { return LawParameter(name, name, in: -Double.infinity...Double.infinity) }
            if exponents.contains(name) {
                return LawParameter(name, name, in: -Double.infinity...Double.infinity, starts: -0.5...2)
            }
            return LawParameter(name, name, starts: 1e-3...1e15, isScale: true)
        }
        return Law(
            name: text, quantity: given ?? (isAboutBits ? .qid : .loss), formula: formula, display: text,
            source: "given by the user", parameters: parameters, defaultObjective: nil)
    }

    private static func split(_ text: String) -> (Quantity?, String) {
        let halves = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard halves.count == 2,
            let quantity = Quantity(rawValue: halves[0].filter { !$0.isWhitespace }.lowercased())
        else { return (nil, text) }
        return (quantity, halves[1])
    }

    /// A parameter drawn from its bounds, or where they are open from a usual part of them.
    private static func bounded(_ name: String, _ bounds: ClosedRange<Double>) -> LawParameter {
        let (low, high) = (bounds.lowerBound, bounds.upperBound)
        if low >= 0, high > 100 * max(low, 1) {
            let least = max(low, high.isFinite ? high * 1e-6 : 1e-3)
            return LawParameter(
                name, name, in: bounds, starts: least...max(least, min(high, least * 1e18)), isScale: true)
        }
        let starts: ClosedRange<Double> =
            switch (low.isFinite, high.isFinite) {
            case (true, true): bounds
            case (true, false): low...(low + 2)
            case (false, true): (high - 2)...high
            case (false, false): -2...2
            }
        return LawParameter(name, name, in: bounds, starts: starts)
    }
}

extension Law {
    /// The same law with other bounds on some of its parameters.
    package func bounded(_ bounds: [String: ClosedRange<Double>]) throws(ScalingLawsError) -> Law {
        var law = self
        for (name, range) in bounds.sorted(by: { $0.key < $1.key }) {
            guard let index = law.parameters.firstIndex(where: { $0.name == name }) else {
                throw .unknownParameter(name, law: self.name, known: parameters.map(\.name))
            }
            law.parameters[index].lower = range.lowerBound
            law.parameters[index].upper = range.upperBound
        }
        return law
    }
}
