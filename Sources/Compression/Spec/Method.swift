import JSON
import Kernels

extension Spec {
    /// A compression method by its name in manifests; its rules say which specs make sense.
    ///
    /// A new method is a case here, its rules, and one file with its `LayerCompressor`.
    package enum Method: String, Sendable, Hashable, CaseIterable {
        /// Round to nearest: no data needed.
        case rtn
        /// Column by column, each one's rounding error pushed onto the rest (2210.17323).
        case gptq
        /// The smallest weights become zero; no data needed.
        case magnitude
        /// The weights of least size times the length of what they are multiplied by become zero (2306.11695).
        case wanda
        /// GPTQ with weights that become zero (2301.00774).
        case sparsegpt
        /// Two factors of low rank, by the singular value decomposition; no data needed (2402.16319).
        case lowRank = "low-rank"
        /// Two factors of low rank that are quantized, one of them sparse; no data needed (2207.11048).
        case qsd
        /// Salient input channels scaled up before rounding, by a search (2306.00978).
        case awq
        /// Outliers of activations moved into weights (2211.10438).
        case smoothquant
        /// Ranges of activations and weights equalised, biases corrected (2311.01305).
        case aweq
        /// Under-used input channels scaled up to their rows' ranges: no data needed (2409.14307).
        case dilation
        /// Levels that k-means finds in the weights.
        case codebook

        /// What the method must know of a layer's inputs.
        package var need: CalibrationNeed {
            switch self {
            case .rtn, .dilation, .magnitude, .lowRank, .qsd, .codebook: .none
            case .gptq, .sparsegpt: .hessian
            case .wanda: .norms
            case .awq, .smoothquant, .aweq: .channels
            }
        }

        /// Whether factors move between channels of the model before its weights are rounded to nearest.
        package var scalesChannels: Bool {
            switch self {
            case .rtn, .gptq, .magnitude, .wanda, .sparsegpt, .lowRank, .qsd, .codebook: false
            case .awq, .smoothquant, .aweq, .dilation: true
            }
        }

        /// The type of its scales where a spec does not say: GPTQ's reference keeps them in float32, and at 2 bits the
        /// rounding of scales moves its result by several per cent of QiD; nil for the checkpoint's 16-bit type.
        var scaleType: ScaleType? { self == .gptq ? .float32 : nil }

        /// Those of its keys that a spec must have.
        var neededKeys: Set<OptionalKey> {
            switch self {
            case .rtn, .gptq, .awq, .smoothquant, .aweq, .dilation, .codebook: []
            case .magnitude, .wanda, .sparsegpt: [.sparse]
            case .lowRank, .qsd: [.rank]
            }
        }

        /// The keys that mean something to it beside those that every method takes.
        var keys: Set<OptionalKey> {
            switch self {
            case .rtn: [.scaleSearch]
            case .awq: [.clip]
            case .smoothquant, .aweq, .dilation: []
            case .gptq: [.actOrder]
            case .magnitude, .wanda, .sparsegpt: [.sparse]
            case .lowRank: [.rank]
            case .qsd: [.rank, .sparse]
            case .codebook: [.sharedTable, .powersOfTwo]
            }
        }

        /// The number formats that it makes, `integer` apart.
        var formats: [NumberFormat] {
            switch self {
            case .rtn: NumberFormat.named
            case .gptq, .awq, .smoothquant, .aweq, .dilation, .codebook: []
            case .magnitude, .wanda, .sparsegpt, .lowRank, .qsd: [.stored]
            }
        }

        /// Bits of the integer format.
        var widths: ClosedRange<Int> { 2...8 }
    }

    /// A key that only some methods take.
    enum OptionalKey: String, CaseIterable {
        case actOrder = "act_order"
        case sparse, rank
        case scaleSearch = "scale_search"
        case sharedTable = "shared_table"
        case powersOfTwo = "powers_of_two"
        case clip
    }
}

/// What a method must know of the inputs that a layer sees.
package enum CalibrationNeed: Sendable, Hashable {
    case none
    /// The root mean square of each input.
    case norms
    /// H = 2XXᵀ/n over the calibration tokens.
    case hessian
    /// Means and extremes of each input, and for AWQ what the layer makes of them.
    case channels
}

extension Spec {
    /// Whether it looks at what layers are given.
    package var needsCalibration: Bool { method.need != .none || options.activations?.scale == .tensor }
}

extension Spec.OptionalKey {
    /// What a value of the key may be, where methods need it.
    var allowed: String {
        switch self {
        case .actOrder, .scaleSearch, .sharedTable, .powersOfTwo, .clip: "true or false"
        case .sparse: Sparsity.allowed
        case .rank: Rank.allowed
        }
    }
}

extension Spec.Options {
    /// Whether a key is given.
    func has(_ key: Spec.OptionalKey) -> Bool { given.contains { $0.key == key } }
}
