import RealModule
package import Vectors

/// The nonlinearity of an MLP, by the names that configurations use.
package enum ActivationFunction: Sendable, Equatable {
    /// One that the kernels compute sixteen at a time.
    case vectorized(Activation)
    /// One that is rare enough to be computed one by one.
    case plain(PlainActivation)
    /// One with parameters of its own in each layer.
    case learned(LearnedActivation)

    /// The function that transformers finds under a name (its `ACT2FN`), or nil.
    package init?(named name: String) {
        switch name {
        case "gelu", "gelu_python": self = .vectorized(.gelu)
        case "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_accurate":
            self = .vectorized(.geluTanh)
        case "silu", "swish": self = .vectorized(.silu)
        case "relu": self = .vectorized(.relu)
        case "relu2": self = .vectorized(.reluSquared)
        default:
            if let plain = PlainActivation(rawValue: name) {
                self = .plain(plain)
            } else if let kind = LearnedActivation.Kind(rawValue: name) {
                self = .learned(LearnedActivation(kind))
            } else {
                return nil
            }
        }
    }

    /// The names that ``init(named:)`` knows.
    package static let names =
        [
            "gelu", "gelu_python", "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_accurate",
            "silu", "swish", "relu", "relu2",
        ] + PlainActivation.allCases.map(\.rawValue) + LearnedActivation.Kind.allCases.map(\.rawValue)
}

/// A nonlinearity computed element by element; the raw value is its name in transformers.
package enum PlainActivation: String, Sendable, CaseIterable {
    case quickGelu = "quick_gelu"
    case clippedGelu = "gelu_10"
    case hardSwish = "hardswish"
    case leakyRelu = "leaky_relu"
    case identity = "linear"
    case laplace
    case mish
    case relu6
    case sigmoid
    case squareRootSoftplus = "sqrtsoftplus"
    case tanh

    /// The function's value, by way of Double.
    package func callAsFunction(_ input: Float) -> Float {
        let x = Double(input)
        return switch self {
        case .quickGelu: Float(x / (1 + Double.exp(-1.702 * x)))
        case .clippedGelu: Float(min(max(0.5 * x * (1 + Double.erf(x * 0.5.squareRoot())), -10), 10))
        case .hardSwish: Float(x * min(max(x + 3, 0), 6) / 6)
        case .leakyRelu: Float(x >= 0 ? x : 0.01 * x)
        case .identity: input
        case .laplace: Float(0.5 * (1 + Double.erf((x - 0.707107) / (0.282095 * 2.0.squareRoot()))))
        case .mish: Float(x * Self.hyperbolicTangent(Self.softplus(x)))
        case .relu6: Float(min(max(x, 0), 6))
        case .sigmoid: Float(1 / (1 + Double.exp(-x)))
        case .squareRootSoftplus: Float(Self.softplus(x).squareRoot())
        case .tanh: Float(Self.hyperbolicTangent(x))
        }
    }

    private static func softplus(_ x: Double) -> Double { max(x, 0) + Double.log(onePlus: Double.exp(-abs(x))) }
    private static func hyperbolicTangent(_ x: Double) -> Double {
        let decay = Double.expMinusOne(-2 * abs(x))
        return (x < 0 ? 1 : -1) * decay / (2 + decay)
    }
}
