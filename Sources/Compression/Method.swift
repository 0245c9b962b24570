extension Spec {
    /// A compression method by its name in manifests; its rules say which specs make sense.
    ///
    /// A new method is a case here, its rules, and one file with its `LayerCompressor`.
    package enum Method: String, Sendable, Hashable, CaseIterable {
        /// Round to nearest: no data needed.
        case rtn
        /// Column by column, each one's rounding error pushed onto the rest (2210.17323).
        case gptq
        /// Salient input channels scaled up before rounding, by a search (2306.00978).
        case awq
        /// Outliers of activations moved into weights (2211.10438).
        case smoothquant
        /// Ranges of activations and weights equalised, biases corrected (2311.01305).
        case aweq
        /// Under-used input channels scaled up to their rows' ranges: no data needed (2409.14307).
        case dilation

        /// What the method must know of a layer's inputs.
        package var need: CalibrationNeed {
            switch self {
            case .rtn, .dilation: .none
            case .gptq: .hessian
            case .awq, .smoothquant, .aweq: .channels
            }
        }

        /// Whether factors move between channels of the model before its weights are rounded to nearest.
        package var scalesChannels: Bool {
            switch self {
            case .rtn, .gptq: false
            case .awq, .smoothquant, .aweq, .dilation: true
            }
        }

        /// The type of its scales where a spec does not say: GPTQ's reference keeps them in float32, and at 2 bits the
        /// rounding of scales moves its result by several per cent of QiD; nil for the checkpoint's 16-bit type.
        var scaleType: ScaleType? { self == .gptq ? .float32 : nil }

        /// The keys that mean something to it beside those that every method takes.
        var keys: Set<OptionalKey> {
            switch self {
            case .rtn, .awq, .smoothquant, .aweq, .dilation: [.activations]
            case .gptq: [.actOrder, .activations]
            }
        }

        /// The number formats that it makes, `integer` apart.
        var formats: [NumberFormat] {
            switch self {
            case .rtn: NumberFormat.named
            case .gptq, .awq, .smoothquant, .aweq, .dilation: []
            }
        }

        /// Bits of the integer format.
        var widths: ClosedRange<Int> { 2...8 }
    }

    /// A key that only some methods take.
    enum OptionalKey: String, CaseIterable {
        case actOrder = "act_order"
        case activations
    }
}

extension Spec.Method {
    /// Refuses a spec that makes no sense.
    func check(_ spec: Spec) throws(CompressionError) {
        if case .integer(let bits) = spec.format {
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
        if !spec.symmetric, !spec.format.takesZeroPoint {
            throw .invalidValue(key: "symmetric", value: "false", allowed: "true for \(spec.format.name ?? rawValue)")
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
        (actOrder ? [(.actOrder, "true")] : []) + (activations.map { [(.activations, "\($0.bits)")] } ?? [])
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
