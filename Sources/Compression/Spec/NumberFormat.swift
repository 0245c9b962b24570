import GGUF
import Kernels
import RealModule

/// The numbers that a weight's values become, before scales.
///
/// Each format's value stands in a file of its own under `Formats/`; ``named`` lists those that a manifest knows by name.
package struct NumberFormat: Sendable {
    /// The word under the key `format`; nil for those that other keys give.
    package let name: String?
    /// What it is, in one sentence without a full stop.
    package let summary: String
    /// The numbers themselves.
    package let values: Values
    /// P of the laws: nominal bits for each value, scales not counted.
    package let nominalBits: Double
    /// What shares a scale where a spec does not say.
    let usualGroup: Spec.Group
    /// The groups that the format has by itself; nil where any will do.
    let groups: [Spec.Group]?
    /// Whether a zero point makes sense.
    let takesZeroPoint: Bool
    /// Whether a spec may say in which type scales are stored.
    let takesScaleType: Bool
    /// Whether another scale than the usual one can be better by more than chance.
    let takesScaleSearch: Bool
    /// The type of scales where a spec does not say and it is not the checkpoint's.
    let scaleType: ScaleType?
    /// What rounds weights to the nearest of these numbers, and stores them; nil where only a method's own arithmetic does.
    let rounding: (any LayerCompressor)?

    /// The numbers of a format.
    package enum Values: Sendable, Hashable {
        /// Evenly spaced values, 2ᵇ of them.
        case integers(bits: Int)
        /// The same values for all weights, by rising size.
        case fixed([Float])
        /// So many levels, found in the weights, each of so many consecutive weights.
        case found(levels: Int, vector: Int)
        /// Codes and scales in blocks of a GGUF file.
        case blocks(BlockFormat)
        /// The checkpoint's own 16 or 32 bits: what a method leaves is not rounded.
        case stored
    }

    init(
        name: String?, summary: String, values: Values, nominalBits: Double? = nil,
        usualGroup: Spec.Group = .channel, groups: [Spec.Group]? = nil, takesZeroPoint: Bool = false,
        takesScaleType: Bool = true, takesScaleSearch: Bool = false, scaleType: ScaleType? = nil,
        rounding: (any LayerCompressor)?
    ) {
        self.name = name
        self.summary = summary
        self.values = values
        self.nominalBits = nominalBits ?? values.bits
        self.usualGroup = usualGroup
        self.groups = groups
        self.takesZeroPoint = takesZeroPoint
        self.takesScaleType = takesScaleType
        self.takesScaleSearch = takesScaleSearch
        self.scaleType = scaleType
        self.rounding = rounding
    }

    /// The formats that have a name, in the order in which messages list them.
    package static let named: [NumberFormat] =
        [.nf4, .fp4, .nvfp4, .e4m3, .e5m2, .fp8Block, .mxfp4, .mxfp6, .mxfp8, .mxint8, .ternary, .binary] + blocks

    /// Finds a format by its name.
    package init?(named name: String) {
        guard let format = Self.named.first(where: { $0.name == name }) else { return nil }
        self = format
    }
}

extension NumberFormat: Hashable {
    package static func == (left: NumberFormat, right: NumberFormat) -> Bool { left.identity == right.identity }
    package func hash(into hasher: inout Hasher) { hasher.combine(identity) }

    /// What tells a format from all others.
    private var identity: [String?] { [name, width, kind] }

    /// The part of a spec's name that says how many bits or levels there are: `w4`, `k16`.
    var width: String? {
        switch values {
        case .integers(let bits): "w\(bits)"
        case .found(let levels, _): "k\(levels)"
        case .fixed, .blocks, .stored: nil
        }
    }

    /// The part of a spec's name that says what numbers they are: `nf4`, `v2` for levels of two weights.
    var kind: String? {
        if case .found(_, let vector) = values, vector > 1 { "v\(vector)" } else { name }
    }

    /// Bits of evenly spaced values; nil for other formats.
    package var integerBits: Int? { if case .integers(let bits) = values { bits } else { nil } }

    /// The values that do not depend on the weights, by rising size; nil for other formats.
    package var levels: [Float]? { if case .fixed(let levels) = values { levels } else { nil } }
}

extension NumberFormat.Values {
    /// The bits that tell so many values apart.
    fileprivate var bits: Double {
        switch self {
        case .integers(let bits): Double(bits)
        case .fixed(let levels): Double.log2(Double(levels.count))
        case .found(let levels, let vector): Double.log2(Double(levels)) / Double(vector)
        case .blocks(let format): format.type.bitsPerWeight
        case .stored: 16
        }
    }
}
