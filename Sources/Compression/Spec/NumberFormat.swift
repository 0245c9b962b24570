import Kernels
import RealModule

/// The numbers that a weight's values become, before scales.
package enum NumberFormat: Sendable, Hashable {
    /// Evenly spaced values, 2ᵇ of them.
    case integer(bits: Int)
    /// bitsandbytes' sixteen values from −1 to 1.
    case fourBit(FourBitKind)
    /// Floating-point numbers of 8 bits.
    case float8(Float8)
    /// OCP Microscaling formats.
    case mx(MXFormat)
    /// −1, 0 and 1.
    case ternary
    /// −1 and 1.
    case binary
    /// So many levels, found in the weights, each of so many consecutive weights.
    case levels(Int, vector: Int)
    /// The checkpoint's own 16 or 32 bits: what a method leaves is not rounded.
    case stored

    /// P of the laws: nominal bits for each value, scales not counted.
    package var nominalBits: Double {
        switch self {
        case .integer(let bits): Double(bits)
        case .fourBit: 4
        case .float8: 8
        case .mx(let format): Double(format.bits)
        case .ternary: Double.log2(3)
        case .binary: 1
        case .levels(let count, let vector): Double.log2(Double(count)) / Double(vector)
        case .stored: 16
        }
    }

    /// The name under the key `format`; nil for those that other keys give.
    package var name: String? {
        switch self {
        case .integer, .levels, .stored: nil
        case .fourBit(let kind): kind.rawValue
        case .float8(let format): format.rawValue
        case .mx(let format): format.rawValue
        case .ternary: "ternary"
        case .binary: "binary"
        }
    }

    /// What shares a scale where a spec does not say.
    var usualGroup: Spec.Group {
        switch self {
        case .integer, .float8, .ternary, .binary, .levels, .stored: .channel
        case .fourBit: .size(64)
        case .mx: .size(MXFormat.block)
        }
    }

    /// The groups that the format has by itself; nil where any will do.
    var groups: [Spec.Group]? {
        switch self {
        case .fourBit: BlockFloats.groups.map { .size($0) }
        case .mx: [.size(MXFormat.block)]
        default: nil
        }
    }

    /// Whether a zero point makes sense.
    var takesZeroPoint: Bool { if case .integer = self { true } else { false } }

    /// Whether a spec may say in which type scales are stored.
    var takesScaleType: Bool {
        switch self {
        case .fourBit, .mx: false
        default: true
        }
    }

    /// Whether another scale than the usual one can be better by more than chance: the steps of 8-bit floats grow with
    /// the values, a power of two more or less makes 8 bits worse, and the usual scale of binary weights is the best one.
    var takesScaleSearch: Bool {
        switch self {
        case .integer, .fourBit, .mx(.fp4), .ternary: true
        default: false
        }
    }

    /// The type of scales where a spec does not say and it is not the checkpoint's.
    var scaleType: ScaleType? { self == .float8(.e5m2) ? .float32 : nil }

    /// The levels of a codebook, and the weights that one stands for.
    static let levelCounts = 2...256
    static let vectors = 1...16

    /// The formats that have a name, in the order in which messages list them.
    static let named: [NumberFormat] =
        FourBitKind.allCases.map { .fourBit($0) } + Float8.allCases.map { .float8($0) }
        + MXFormat.allCases.map { .mx($0) } + [.ternary, .binary]
}
