extension Spec {
    /// A compression method by its name in manifests; its rules say which specs make sense.
    ///
    /// A new method is a case here, its rules, and one file with its `LayerCompressor`.
    package enum Method: String, Sendable, Hashable, CaseIterable {
        /// Round to nearest: no data needed.
        case rtn
        /// Column by column, each one's rounding error pushed onto the rest (2210.17323).
        case gptq

        /// What the method must know of a layer's inputs.
        package var need: CalibrationNeed {
            switch self {
            case .rtn: .none
            case .gptq: .hessian
            }
        }

        /// The type of its scales where a spec does not say: GPTQ's reference keeps them in float32, and at 2 bits the
        /// rounding of scales moves its result by several per cent of QiD; nil for the checkpoint's 16-bit type.
        var scaleType: ScaleType? { self == .gptq ? .float32 : nil }

        /// The keys that mean something to it beside those that every method takes.
        var keys: Set<OptionalKey> {
            switch self {
            case .rtn: []
            case .gptq: [.actOrder]
            }
        }

        /// The number formats that it makes, `integer` apart.
        var formats: [NumberFormat] {
            switch self {
            case .rtn: NumberFormat.named
            case .gptq: []
            }
        }

        /// Bits of the integer format.
        var widths: ClosedRange<Int> { 2...8 }
    }

    /// A key that only some methods take.
    enum OptionalKey: String, CaseIterable {
        case actOrder = "act_order"
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
        actOrder ? [(.actOrder, "true")] : []
    }
}

/// What a method must know of the inputs that a layer sees.
package enum CalibrationNeed: Sendable, Hashable {
    case none
    /// H = 2XXᵀ/n over the calibration tokens.
    case hessian
}
