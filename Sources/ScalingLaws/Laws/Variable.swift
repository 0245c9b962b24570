import Presentation
import RealModule

/// A name in a formula that stands for something known at each point.
package enum Variable: Sendable, Hashable {
    case params, tokens, bits, sparsity, group, activationBits
    /// 0 for an uncompressed model, 1 for any other.
    case compressed
    /// log_{1/4} of the weight format's mean squared error on N(0, 1) (see `GaussianError`).
    case fidelity
    /// The same of the activations' format.
    case activationFidelity
    /// Any other numeric column of points: `params_total`, `width`.
    case column(String)

    /// The value at given conditions, or why there is none.
    ///
    /// A loss without bits is taken for a 16-bit model's; QiD without bits says nothing about which format it is of.
    func value(at conditions: Conditions, predicting quantity: Quantity) throws(MissingVariable) -> Double {
        let bits = conditions.bits ?? (quantity == .loss ? Self.uncompressedBits : nil)
        switch self {
        case .params: return conditions.params
        case .tokens: return conditions.tokens
        case .bits: return try known(bits)
        case .sparsity: return conditions.sparsity ?? 0
        case .group: return try known(conditions.group)
        case .activationBits: return conditions.activationBits ?? Self.uncompressedBits
        case .compressed: return Self.isCompressed(conditions) ? 1 : 0
        case .fidelity:
            if let error = conditions.weightError { return Self.fidelity(error: error) }
            return Self.fidelity(bits: try known(bits))
        case .activationFidelity: return Self.fidelity(bits: conditions.activationBits ?? Self.uncompressedBits)
        case .column(let name): return try known(conditions.columns[name])
        }
    }

    private static let uncompressedBits = 16.0
    /// Stands for an error of 0: tanh of any multiple of it is 1.
    private static let perfectFidelity = 1e6

    private func known(_ value: Double?) throws(MissingVariable) -> Double {
        guard let value else { throw MissingVariable(variable: self) }
        return value
    }

    /// Whether fewer than 16 bits, zeros or a known low-bit format are in use.
    static func isCompressed(_ conditions: Conditions) -> Bool {
        (conditions.bits ?? uncompressedBits) < uncompressedBits
            || (conditions.activationBits ?? uncompressedBits) < uncompressedBits
            || (conditions.sparsity ?? 0) > 0
            || conditions.weightError != nil
    }

    private static func fidelity(bits: Double) -> Double {
        bits >= uncompressedBits ? perfectFidelity : fidelity(error: GaussianError.uniform(bits: bits))
    }

    private static func fidelity(error: Double) -> Double { .log(error) / .log(0.25) }
}

/// A point lacks what a formula needs.
struct MissingVariable: Error, Equatable {
    var variable: Variable
}

extension Variable: RawRepresentable {
    private static let known: [Variable] = [
        .params, .tokens, .bits, .sparsity, .group, .activationBits, .compressed, .fidelity, .activationFidelity,
    ]

    /// The variable that formulas know by this name, whatever the columns; nil for other names.
    package init?(rawValue: String) {
        guard let found = Self.known.first(where: { $0.rawValue == rawValue }) else { return nil }
        self = found
    }

    /// The name as formulas have it.
    package var rawValue: String {
        switch self {
        case .params: "params"
        case .tokens: "tokens"
        case .bits: "bits"
        case .sparsity: "sparsity"
        case .group: "group"
        case .activationBits: "activation_bits"
        case .compressed: "compressed"
        case .fidelity: "fidelity"
        case .activationFidelity: "activation_fidelity"
        case .column(let name): name
        }
    }
}

/// What a parameter may have one value for each of.
package enum Label: Sendable, Hashable {
    case bits, scheme, group
    /// Any other column of points: `phase`, `series`, `corpus`.
    case column(String)

    /// The level of a point, as it stands in the parameter's name.
    func level(of conditions: Conditions) -> String? {
        switch self {
        case .bits: conditions.bits.map(Figures.plain)
        case .scheme: conditions.scheme
        case .group: conditions.group.map(Figures.plain) ?? "channel"
        case .column(let name): conditions.labels[name] ?? conditions.columns[name].map(Figures.plain)
        }
    }
}

extension Label: RawRepresentable {
    /// The label of this name.
    package init(rawValue: String) {
        switch rawValue {
        case "bits": self = .bits
        case "scheme": self = .scheme
        case "group": self = .group
        default: self = .column(rawValue)
        }
    }

    package var rawValue: String {
        switch self {
        case .bits: "bits"
        case .scheme: "scheme"
        case .group: "group"
        case .column(let name): name
        }
    }
}
