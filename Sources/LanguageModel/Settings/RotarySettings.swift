import JSON
import RealModule

/// Where a family keeps its rotary settings.
struct RotaryKeys {
    var base = "rope_theta"
    var defaultBase = 10_000.0
    /// The key of the share of each head that turns, where the family has such a thing.
    var fraction: String?
    var defaultFraction = 1.0
    /// The layer type under which the settings are nested (OLMo 3), if they are.
    var layerType: String?
    /// The length of a model whose configuration has no `max_position_embeddings`.
    var defaultContext = 2048
    /// The length trained on of a model whose configuration does not say it (Phi-3).
    var defaultOriginalContext: Int?
    /// The settings of a model whose configuration has none (Apertus, GPT-OSS).
    var defaultParameters: JSONValue?
    /// The names of LongRoPE.
    var longTypes: Set<String> = ["longrope"]
    /// Whether pairs are neighbours (GPT-J, Cohere).
    var pairsNeighbors = false
}

extension FamilySettings {
    /// Reads the rotary settings in their old form (`rope_theta`, `rope_scaling`, `rotary_pct`) or their new one
    /// (`rope_parameters`), with transformers' order of precedence.
    func rotary(headSize: Int, keys: RotaryKeys = RotaryKeys()) throws(LanguageModelError) -> RotaryDescription {
        let parameters = try rotaryParameters(keys)
        let outerBase = try number(keys.base, default: keys.defaultBase)
        let base = try Self.given(parameters, "rope_theta") ?? outerBase
        guard base > 1 else { throw .setting(key: keys.base, found: "\(base)", expected: "a number above 1") }
        var rotary = RotaryDescription(
            dimension: try rotaryDimension(parameters, headSize: headSize, keys: keys), base: base,
            pairsNeighbors: keys.pairsNeighbors)
        rotary.scaling = try rotaryScaling(
            parameters, dimension: rotary.dimension,
            context: try size("max_position_embeddings", default: keys.defaultContext), keys)
        return rotary
    }

    /// The object with the rotary settings; `rope_scaling` wins over `rope_parameters` as in transformers.
    private func rotaryParameters(_ keys: RotaryKeys) throws(LanguageModelError) -> JSONObject {
        for key in ["rope_scaling", "rope_parameters"] {
            guard let value = json[key], value != .null else { continue }
            guard let object = value.object else {
                throw .setting(key: key, found: value.canonicalText, expected: "an object or null")
            }
            if object.count == 0 { continue }
            return try nested(object, layerType: keys.layerType, key: key)
        }
        return keys.defaultParameters?.object ?? JSONObject()
    }

    private func nested(_ object: JSONObject, layerType: String?, key: String) throws(LanguageModelError) -> JSONObject
    {
        guard let layerType, let inner = object[layerType] else {
            for name in ["full_attention", "sliding_attention"] where object[name] != nil {
                throw .unsupported(key: "\(key).\(name)", found: "an entry", supported: "one entry for all layers")
            }
            return object
        }
        if inner == .null { return JSONObject() }
        guard let parameters = inner.object else {
            throw .setting(key: "\(key).\(layerType)", found: inner.canonicalText, expected: "an object or null")
        }
        return parameters
    }

    private func rotaryDimension(
        _ parameters: JSONObject, headSize: Int, keys: RotaryKeys
    ) throws(LanguageModelError) -> Int {
        let key = keys.fraction ?? "partial_rotary_factor"
        let outer = keys.fraction == nil ? try Self.number(json, key) : try Self.given(json, key)
        let outerFraction = outer ?? keys.defaultFraction
        let fraction = try Self.number(parameters, "partial_rotary_factor") ?? outerFraction
        if keys.fraction == nil, fraction != 1 {
            throw .unsupported(key: key, found: "\(fraction)", supported: "1")
        }
        guard fraction >= 0, fraction <= 1 else {
            throw .setting(key: key, found: "\(fraction)", expected: "a number from 0 to 1")
        }
        let dimension = Int(Double(headSize) * fraction)
        guard (dimension + 1) / 2 * 2 <= headSize else {
            throw .setting(key: "head_dim", found: "\(headSize)", expected: "even, as rotary positions turn pairs")
        }
        return dimension
    }

    private func rotaryScaling(
        _ parameters: JSONObject, dimension: Int, context: Int, _ keys: RotaryKeys
    ) throws(LanguageModelError) -> RotaryScaling {
        let value = parameters["rope_type"] ?? parameters["type"] ?? "default"
        if let name = value.string, keys.longTypes.contains(name) {
            let original = try originalContext(parameters, context: context, default: keys.defaultOriginalContext)
            return .long(try long(parameters, dimension: dimension, context: context, originalContext: original))
        }
        switch value.string {
        case "default": return .none
        case "linear": return .linear(factor: try factor(parameters))
        case "dynamic":
            guard dimension > 2 else {
                throw .setting(
                    key: "rope_type", found: "'dynamic'", expected: "another type for \(dimension) rotary entries")
            }
            return .dynamic(factor: try factor(parameters), maximum: context)
        case "llama3": return .llama3(try llama3(parameters, context: context))
        case "yarn": return .yarn(try yarn(parameters, dimension: dimension, context: context))
        default:
            throw .unsupported(
                key: "rope_type", found: value.canonicalText,
                supported: "default, linear, dynamic, llama3, yarn, longrope")
        }
    }

    private func llama3(_ parameters: JSONObject, context: Int) throws(LanguageModelError) -> Llama3Scaling {
        let scaling = Llama3Scaling(
            factor: try factor(parameters),
            lowFrequencyFactor: try required(parameters, "low_freq_factor"),
            highFrequencyFactor: try required(parameters, "high_freq_factor"),
            originalContext: try originalContext(parameters, context: context))
        guard scaling.lowFrequencyFactor < scaling.highFrequencyFactor else {
            throw .setting(
                key: "low_freq_factor", found: "\(scaling.lowFrequencyFactor)",
                expected: "less than 'high_freq_factor', \(scaling.highFrequencyFactor)")
        }
        return scaling
    }

    private func yarn(
        _ parameters: JSONObject, dimension: Int, context: Int
    ) throws(LanguageModelError) -> YarnScaling {
        // Transformers cannot blend an odd number of entries either, but for three, where one ramp value serves both.
        guard dimension.isMultiple(of: 2) || dimension == 3 else {
            throw .setting(
                key: "rope_type", found: "'yarn'", expected: "another type for \(dimension) rotary entries")
        }
        let original = try originalContext(parameters, context: context)
        let derived = Double(context) / original
        let factor = parameters["factor"] == .null ? derived : try factor(parameters)
        let scale = try Self.number(parameters, "mscale") ?? 0
        let scaleAll = try Self.number(parameters, "mscale_all_dim") ?? 0
        let inferred =
            scale != 0 && scaleAll != 0
            ? YarnScaling.temperature(scale: factor, multiplier: scale)
                / YarnScaling.temperature(scale: factor, multiplier: scaleAll)
            : YarnScaling.temperature(scale: factor)
        return YarnScaling(
            factor: factor, originalContext: original,
            betaFast: try nonZero(parameters, "beta_fast") ?? 32, betaSlow: try nonZero(parameters, "beta_slow") ?? 1,
            truncates: parameters["truncate"]?.bool ?? true,
            amplitude: try Self.number(parameters, "attention_factor") ?? inferred)
    }

    private func long(
        _ parameters: JSONObject, dimension: Int, context: Int, originalContext: Double
    ) throws(LanguageModelError) -> LongScaling {
        let factor = try Self.number(parameters, "factor") ?? Double(context) / originalContext
        let inferred = factor <= 1 ? 1 : (1 + Double.log(factor) / Double.log(originalContext)).squareRoot()
        return LongScaling(
            short: try factors(parameters, "short_factor", count: (dimension + 1) / 2),
            long: try factors(parameters, "long_factor", count: (dimension + 1) / 2),
            originalContext: originalContext,
            amplitude: try Self.number(parameters, "attention_factor") ?? inferred)
    }

    private func factors(
        _ parameters: JSONObject, _ key: String, count: Int
    ) throws(LanguageModelError) -> [Float] {
        let values = parameters[key]?.array?.compactMap(\.double) ?? []
        guard values.count == count, parameters[key]?.array?.count == count, values.allSatisfy({ $0 > 0 }) else {
            throw .setting(
                key: key, found: parameters[key]?.canonicalText ?? "missing",
                expected: "an array of \(count) positive numbers, one for each pair of rotary entries")
        }
        return values.map { Float($0) }
    }

    private func nonZero(_ parameters: JSONObject, _ key: String) throws(LanguageModelError) -> Double? {
        guard let number = try Self.number(parameters, key), number != 0 else { return nil }
        guard number > 0 else { throw .setting(key: key, found: "\(number)", expected: "a positive number") }
        return number
    }

    private func factor(_ parameters: JSONObject) throws(LanguageModelError) -> Double {
        try required(parameters, "factor")
    }

    private func required(_ parameters: JSONObject, _ key: String) throws(LanguageModelError) -> Double {
        guard let number = try Self.number(parameters, key) else {
            throw .setting(key: key, found: "missing", expected: "a number for this 'rope_type'")
        }
        guard number > 0 else { throw .setting(key: key, found: "\(number)", expected: "a positive number") }
        return number
    }

    /// The length that scaling starts from: a key of its own, inside the settings, or the model's length.
    private func originalContext(
        _ parameters: JSONObject, context: Int, default absent: Int? = nil
    ) throws(LanguageModelError) -> Double {
        let key = "original_max_position_embeddings"
        if let outer = try optionalSize(key, default: absent) { return Double(outer) }
        if parameters[key] != nil { return try required(parameters, key) }
        return Double(context)
    }
}
