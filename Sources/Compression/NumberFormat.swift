/// The numbers that a weight's values become, before scales.
package enum NumberFormat: Sendable, Hashable {
    /// Evenly spaced values, 2ᵇ of them.
    case integer(bits: Int)
    /// The checkpoint's own 16 or 32 bits: what a method leaves is not rounded.
    case stored

    /// P of the laws: nominal bits for each value, scales not counted.
    package var nominalBits: Double {
        switch self {
        case .integer(let bits): Double(bits)
        case .stored: 16
        }
    }

    /// The name under the key `format`; nil for those that the key `bits` gives.
    package var name: String? {
        switch self {
        case .integer, .stored: nil
        }
    }

    /// What shares a scale where a spec does not say.
    var usualGroup: Spec.Group {
        switch self {
        case .integer, .stored: .channel
        }
    }

    /// Whether a zero point makes sense.
    var takesZeroPoint: Bool { if case .integer = self { true } else { false } }

    /// The formats that have a name, in the order in which messages list them.
    static let named: [NumberFormat] = []
}
