import JSON

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
            case .gptq, .wanda, .sparsegpt: .hessian
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
            case .rtn: [.scaleSearch, .activations]
            case .awq, .smoothquant, .aweq, .dilation: [.activations]
            case .gptq: [.actOrder, .activations]
            case .magnitude, .wanda, .sparsegpt: [.sparse]
            case .lowRank: [.rank]
            case .qsd: [.rank, .sparse]
            case .codebook: [.sharedTable]
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
        case sparse, rank, activations
        case scaleSearch = "scale_search"
        case sharedTable = "shared_table"
    }
}

extension Spec.Method {
    /// What low-rank forms cannot do.
    private func checkFactors(_ spec: Spec) throws(CompressionError) {
        guard keys.contains(.rank) else { return }
        if self == .lowRank, case .integer(let bits) = spec.format {
            throw .invalidValue(
                key: "bits", value: "\(bits)", allowed: "left out for low-rank; qsd has quantized factors")
        }
        if spec.group != .channel {
            throw .invalidValue(
                key: "group", value: spec.group.description, allowed: "left out: a row of a factor shares a scale")
        }
        if !spec.symmetric { throw .invalidValue(key: "symmetric", value: "false", allowed: "true for \(rawValue)") }
        if case .pattern(let kept, let length)? = spec.options.sparsity {
            throw .invalidValue(
                key: "sparse", value: "\(kept):\(length)", allowed: "a share between 0 and 1 for \(rawValue)")
        }
    }

    /// Refuses a spec that makes no sense.
    func check(_ spec: Spec) throws(CompressionError) {
        if case .levels(let count, let vector) = spec.format, self == .codebook {
            guard NumberFormat.levelCounts.contains(count), NumberFormat.vectors.contains(vector) else {
                throw .invalidValue(key: "levels", value: "\(count)", allowed: "a whole number from 2 to 256")
            }
        } else if case .integer(let bits) = spec.format, self != .codebook {
            guard widths.contains(bits) else {
                throw .invalidValue(
                    key: "bits", value: "\(bits)",
                    allowed: "a whole number from \(widths.lowerBound) to \(widths.upperBound) for \(rawValue)")
            }
        } else if !formats.contains(spec.format) {
            throw .invalidValue(
                key: "format", value: spec.format.name.map { "'\($0)'" } ?? "missing", allowed: allowedFormats)
        }
        if case .size(let size) = spec.group, !Spec.groupSizes.contains(size) {
            throw .invalidValue(key: "group", value: "\(size)", allowed: Spec.allowedGroups)
        }
        if let groups = spec.format.groups, !groups.contains(spec.group) {
            let sizes = groups.map { String($0.description.dropFirst()) }.joined(separator: ", ")
            throw .invalidValue(
                key: "group", value: String(spec.group.description.drop { $0 == "g" }),
                allowed: (groups.count > 1 ? "one of \(sizes)" : sizes) + " for \(spec.format.name ?? rawValue)")
        }
        if !spec.symmetric, !spec.format.takesZeroPoint {
            throw .invalidValue(key: "symmetric", value: "false", allowed: "true for \(spec.format.name ?? rawValue)")
        }
        if spec.format == .stored {
            if spec.group != .channel {
                throw .invalidValue(key: "group", value: spec.group.description, allowed: "left out without bits")
            }
            if let scales = spec.scales {
                throw .invalidValue(key: "scales", value: scales.rawValue, allowed: "left out without bits")
            }
        }
        for key in Spec.OptionalKey.allCases where neededKeys.contains(key) && !spec.options.has(key) {
            throw .missingKey(key.rawValue, allowed: key.allowed)
        }
        try checkFactors(spec)
        if case .pattern(_, let length)? = spec.options.sparsity, !Sparsity.madeLengths.contains(length) {
            throw .invalidValue(
                key: "sparse", value: spec.options.sparsity?.json.canonicalText ?? "missing",
                allowed: "n:m with m one of " + Sparsity.madeLengths.map(String.init).joined(separator: ", "))
        }
        if let scales = spec.scales, !spec.format.takesScaleType {
            throw .invalidValue(
                key: "scales", value: "'\(scales.rawValue)'",
                allowed: "left out for \(spec.format.name ?? rawValue), which has a type of its own")
        }
        if spec.options.scaleSearch, keys.contains(.scaleSearch), !spec.format.takesScaleSearch {
            throw .invalidValue(
                key: "scale_search", value: "true", allowed: "left out for \(spec.format.name ?? rawValue)")
        }
        if let activations = spec.options.activations, keys.contains(.activations), !spec.format.takesZeroPoint {
            throw .invalidValue(
                key: "activations", value: "\(activations.bits)",
                allowed: "left out for \(spec.format.name ?? rawValue): weights of whole numbers (bits) take it")
        }
        if spec.options.sharedTable, case .levels(_, let vector) = spec.format, vector > 1 {
            throw .invalidValue(
                key: "shared_table", value: "true", allowed: "left out for vectors, whose table is shared anyway")
        }
        for (key, value) in spec.options.given where !keys.contains(key) {
            let takers = Self.allCases.filter { $0.keys.contains(key) }.map(\.rawValue)
            throw .invalidValue(
                key: key.rawValue, value: value,
                allowed: "left out for \(rawValue); it is for \(takers.joined(separator: ", "))")
        }
    }

    private var allowedFormats: String {
        let names = formats.compactMap(\.name)
        return names.isEmpty ? "left out for \(rawValue), and bits given" : "one of " + names.joined(separator: ", ")
    }
}

extension Spec.Options {
    /// The options that are given, with their values as a person wrote them.
    var given: [(key: Spec.OptionalKey, value: String)] {
        [(Spec.OptionalKey.actOrder, actOrder), (.scaleSearch, scaleSearch), (.sharedTable, sharedTable)]
            .filter(\.1).map { ($0.0, "true") }
            + (sparsity.map { [(.sparse, $0.json.canonicalText)] } ?? [])
            + (rank.map { [(.rank, $0.json.canonicalText)] } ?? [])
            + (activations.map { [(.activations, "\($0.bits)")] } ?? [])
    }
}

/// What a method must know of the inputs that a layer sees.
package enum CalibrationNeed: Sendable, Hashable {
    case none
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
        case .actOrder, .scaleSearch, .sharedTable: "true or false"
        case .sparse: Sparsity.allowed
        case .rank: Rank.allowed
        case .activations: ActivationRounding.allowed
        }
    }
}

extension Spec.Options {
    /// Whether a key is given.
    func has(_ key: Spec.OptionalKey) -> Bool { given.contains { $0.key == key } }
}
