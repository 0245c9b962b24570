import JSON

extension QuantizationConfiguration {
    /// One scheme and the modules it is for.
    struct Scheme: Sendable, Equatable {
        let targets: [Target]
        let bits: Int
        let symmetric: Bool
        let format: Format
        /// Rows and columns of the blocks that share a scale, where they are blocks.
        let block: [Int]?
        /// How inputs are quantized, if they are.
        let inputs: InputActivations?

        /// What a weight's numbers are, in a word: `w4`, `fp8`.
        var numbers: String { isFloat ? "fp\(bits)" : "w\(bits)" }

        fileprivate let isFloat: Bool
    }

    /// Which modules a scheme is for.
    enum Target: Sendable, Equatable {
        /// A module's name, or that of its class, such as `Linear`.
        case name(String)
        case expression(ModulePattern)

        var pattern: ModulePattern? { if case .expression(let pattern) = self { pattern } else { nil } }

        /// Whether it names a class that weights of linear layers may have.
        var isClassOfMatrices: Bool { self == .name("Linear") || self == .name("Conv1D") }
    }

    /// How codes are stored.
    enum Format: String, Sendable, Equatable, CaseIterable {
        case packed = "pack-quantized"
        case integers = "int-quantized"
        case floats = "float-quantized"
        case naive = "naive-quantized"
        case mxfp4 = "mxfp4-pack-quantized"
        case mxfp6 = "mxfp6-pack-quantized"
        case mxfp8 = "mxfp8-quantized"
        case nvfp4 = "nvfp4-pack-quantized"

        static let expected = allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")

        /// Whether blocks of a few floats share a scale that is no 16-bit float.
        var isOfBlocks: Bool { [.mxfp4, .mxfp6, .mxfp8, .nvfp4].contains(self) }

        /// What numbers may be, in the words of compressed-tensors.
        fileprivate var types: [String] {
            switch self {
            case .packed, .integers: ["int"]
            case .floats, .mxfp4, .mxfp6, .mxfp8, .nvfp4: ["float"]
            case .naive: ["int", "float"]
            }
        }

        fileprivate var allowedBits: ClosedRange<Int> {
            switch self {
            case .packed: 1...8
            case .mxfp4, .nvfp4: 4...4
            case .mxfp6: 6...6
            default: 8...8
            }
        }
    }

    /// The `format` of a checkpoint whose groups have their own.
    static let mixed = "mixed-precision"
}

extension ConfigurationReading {
    /// Reads a group; `common` is the format of those that name none.
    func scheme(
        _ value: JSONValue, _ key: String, _ common: QuantizationConfiguration.Format?
    ) throws(CompressionError) -> QuantizationConfiguration.Scheme {
        let group = try object(value, key)
        let weights = try object(group["weights"], key + ".weights")
        let format = try format(group["format"], key + ".format", common)
        let type = weights["type"]?.string?.lowercased() ?? "int"
        guard format.types.contains(type) else {
            throw invalid(
                key + ".weights.type", weights["type"], format.types.map { "'\($0)'" }.joined(separator: ", "))
        }
        let inputs = try InputActivations(group["input_activations"], key + ".input_activations", self)
        if let outputs = group["output_activations"], outputs != .null {
            throw invalid(key + ".output_activations", outputs, "null: quantized outputs are not evaluated")
        }
        guard let bits = weights["num_bits"]?.int, format.allowedBits.contains(bits) else {
            throw invalid(
                key + ".weights.num_bits", weights["num_bits"],
                format == .packed
                    ? "a whole number from 1 to 8"
                    : "\(format.allowedBits.lowerBound) for the format '\(format.rawValue)'")
        }
        let symmetric = weights["symmetric"] ?? true
        guard let symmetric = symmetric.bool else {
            throw invalid(key + ".weights.symmetric", symmetric, "true or false")
        }
        return QuantizationConfiguration.Scheme(
            targets: try targets(group["targets"], key + ".targets"), bits: bits, symmetric: symmetric, format: format,
            block: try block(weights, key, format), inputs: inputs, isFloat: type == "float" && format != .packed)
    }

    private func format(
        _ value: JSONValue?, _ key: String, _ common: QuantizationConfiguration.Format?
    ) throws(CompressionError) -> QuantizationConfiguration.Format {
        if value == nil || value == .null, let common { return common }
        guard let format = QuantizationConfiguration.Format(rawValue: value?.string ?? "") else {
            throw invalid(key, value, QuantizationConfiguration.Format.expected)
        }
        return format
    }

    private func targets(
        _ value: JSONValue?, _ key: String
    ) throws(CompressionError) -> [QuantizationConfiguration.Target] {
        var targets: [QuantizationConfiguration.Target] = []
        for element in value?.array ?? [] {
            guard let text = element.string else { throw invalid(key, element, "a list of texts") }
            targets.append(
                text.hasPrefix("re:") ? .expression(try expression(String(text.dropFirst(3)), key)) : .name(text))
        }
        return targets
    }

    /// The rows and columns that share a scale under the strategy `block`.
    private func block(
        _ weights: JSONObject, _ key: String, _ format: QuantizationConfiguration.Format
    ) throws(CompressionError) -> [Int]? {
        let strategy = weights["strategy"]?.string?.lowercased()
        guard strategy == "block" else {
            let others = format == .nvfp4 ? ["tensor_group"] : ["tensor", "channel", "group"]
            guard weights["strategy"] == nil || weights["strategy"] == .null || others.contains(strategy ?? "") else {
                throw invalid(
                    key + ".weights.strategy", weights["strategy"],
                    (others + ["block"]).map { "'\($0)'" }.joined(separator: ", "))
            }
            return nil
        }
        guard let sizes = try blockSize(weights["block_structure"], key + ".weights.block_structure") else {
            throw invalid(key + ".weights.block_structure", weights["block_structure"], "two sizes above 0")
        }
        return sizes
    }
}
