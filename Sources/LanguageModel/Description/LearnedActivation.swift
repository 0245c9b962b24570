import RealModule

/// A nonlinearity with parameters that each layer has its own of, by way of Double.
package struct LearnedActivation: Sendable, Equatable {
    /// The raw value is its name in transformers.
    package enum Kind: String, Sendable, CaseIterable {
        /// x for x ≥ 0, else weight · x (arXiv 1502.01852).
        case prelu
        /// αp·x² + x/2 for x > 0, else αn·(e^min(x, ε) − 1 − x) + x/2 (arXiv 2411.13010), αp and αn by way of softplus.
        case xielu

        /// The tensors in the activation's module, one number each, in the order of ``LearnedActivation/parameters``.
        package var tensors: [String] {
            switch self {
            case .prelu: ["weight"]
            case .xielu: ["alpha_p", "alpha_n"]
            }
        }

        /// Constants that transformers saves beside them, which nothing reads.
        var buffers: [String] {
            switch self {
            case .prelu: []
            case .xielu: ["beta", "eps"]
            }
        }
    }

    package let kind: Kind
    /// Empty in a description; a layer's weights fill them in.
    package var parameters: [Float]

    package init(_ kind: Kind, parameters: [Float] = []) {
        self.kind = kind
        self.parameters = parameters
    }

    /// The function's value.
    package func callAsFunction(_ input: Float) -> Float {
        let x = Double(input)
        switch kind {
        case .prelu: return input >= 0 ? input : parameters[0] * input
        case .xielu:
            let bottom = 0.5
            if x > 0 { return Float(Self.softplus(parameters[0]) * x * x + bottom * x) }
            let steepness = bottom + Self.softplus(parameters[1])
            return Float((Double.expMinusOne(min(x, -1e-6)) - x) * steepness + bottom * x)
        }
    }

    private static func softplus(_ x: Float) -> Double {
        max(Double(x), 0) + Double.log(onePlus: Double.exp(-abs(Double(x))))
    }
}
