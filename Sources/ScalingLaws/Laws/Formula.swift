/// A law's formula, parsed, with the parameters in it and what the optimiser can use of its form.
struct Formula: Sendable {
    let law: Law
    let expression: Expression
    /// In the order of the formula.
    let slots: [Slot]

    struct Slot: Sendable, Hashable {
        var definition: LawParameter
        /// One parameter for each level of this label, if there is one.
        var label: Label?
        /// The formula is affine in all such parameters together.
        var isLinear: Bool
    }

    init(_ law: Law) throws(ScalingLawsError) {
        self.law = law
        let expression = try ExpressionParser.parse(law.formula, parameters: Set(law.parameters.map(\.name)))
        self.expression = expression
        let linear = expression.linearParameters
        var slots: [Slot] = []
        for (name, label) in expression.parameters {
            guard let definition = law.parameters.first(where: { $0.name == name }) else {
                throw .unknownParameter(name, law: law.name, known: law.parameters.map(\.name))
            }
            slots.append(Slot(definition: definition, label: label, isLinear: linear.contains(name)))
        }
        self.slots = slots
    }
}
