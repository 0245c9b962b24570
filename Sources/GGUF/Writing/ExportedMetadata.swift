import JSON
import RealModule

/// Entries of metadata as they come together.
struct ExportedMetadata {
    let architecture: String
    private(set) var entries: [(key: String, value: GGUFValue)] = []

    init(architecture: String) { self.architecture = architecture }

    mutating func add(whole key: String, _ value: GGUFValue) { entries.append((key, value)) }
    mutating func add(_ name: String, _ value: GGUFValue) { add(whole: "\(architecture).\(name)", value) }
    mutating func add(_ name: String, size: Int) { add(name, .uint32(UInt32(clamping: size))) }
    mutating func add(_ name: String, number: Double) { add(name, .float32(Float(number))) }

    /// Adds a number that the configuration has under another name, or else a usual one.
    mutating func copy(
        _ setting: String, _ name: String, _ settings: ExportSettings, absent: Double? = nil
    ) throws(GGUFError) {
        if let number = try settings.number(setting) ?? absent { add(name, number: number) }
    }

    /// Adds sizes, ε, and what heads are; returns the latter.
    mutating func takeSizes(
        _ settings: ExportSettings, _ table: GGUFArchitecture, _ export: GGUFArchitecture.Export
    ) throws(GGUFError) -> HeadShape {
        let width = try settings.needed(ExportSettings.width)
        let heads = try settings.needed(ExportSettings.heads)
        let given = try settings.size(["head_dim"]) ?? export.headSize
        let headSize = given ?? width / heads
        let keyValueHeads = try export.keyValueHeads(settings, heads)
        guard headSize > 0, keyValueHeads > 0, heads.isMultiple(of: keyValueHeads) else {
            throw settings.wrong(ExportSettings.keyValueHeads[0], "a divisor of \(heads) heads")
        }
        add("context_length", size: try settings.size(ExportSettings.context) ?? 2048)
        add("embedding_length", size: width)
        add("block_count", size: try settings.needed(ExportSettings.layers))
        add("feed_forward_length", size: try settings.size(ExportSettings.inner) ?? 4 * width)
        add("attention.head_count", size: heads)
        add("attention.head_count_kv", size: keyValueHeads)
        if given != nil {
            add("attention.key_length", size: headSize)
            add("attention.value_length", size: headSize)
        }
        try copy(table.epsilon.setting, table.epsilon.stored, settings, absent: export.epsilon)
        return HeadShape(heads: heads, keyValueHeads: keyValueHeads, headSize: headSize)
    }

    /// Adds what turns heads; returns factors of frequencies that are to be a tensor.
    mutating func takeRotary(
        _ settings: ExportSettings, _ table: GGUFArchitecture, _ export: GGUFArchitecture.Export, headSize: Int
    ) throws(GGUFError) -> [Float]? {
        guard let usualBase = export.rotaryBase else { return nil }
        let rotary = settings.rotary()
        let (outer, older) = (try settings.number("rope_theta"), try settings.number("rotary_emb_base"))
        let base = rotary["rope_theta"]?.double ?? outer ?? older ?? usualBase
        var size = headSize
        if let key = table.rotaryShare {
            let outer = try settings.number(key)
            size = Int(Double(headSize) * (rotary["partial_rotary_factor"]?.double ?? outer ?? export.rotaryShare))
        }
        add("rope.dimension_count", size: size)
        add("rope.freq_base", number: base)
        switch rotary["rope_type"]?.string ?? rotary["type"]?.string ?? "default" {
        case "default": return nil
        case "linear":
            guard let factor = rotary["factor"]?.double, factor > 0 else {
                throw settings.wrong("rope_scaling", "with a factor")
            }
            add("rope.scaling.type", .string("linear"))
            add("rope.scaling.factor", number: factor)
            return nil
        case "llama3":
            guard let factors = Self.llama3(rotary, base: base, size: size) else {
                throw settings.wrong("rope_scaling", "with all factors of llama3")
            }
            return factors
        default: throw settings.wrong("rope_scaling", "of type default, linear or llama3, as GGUF files are written")
        }
    }

    /// What llama.cpp divides each frequency by, for Llama 3's scaling.
    private static func llama3(_ rotary: JSONObject, base: Double, size: Int) -> [Float]? {
        guard let factor = rotary["factor"]?.double, let low = rotary["low_freq_factor"]?.double,
            let high = rotary["high_freq_factor"]?.double,
            let original = rotary["original_max_position_embeddings"]?.double, low != high
        else { return nil }
        return (0..<size / 2).map { (index: Int) -> Float in
            let wavelength = 2 * Double.pi * Double.pow(base, Double(2 * index) / Double(size))
            if wavelength < original / high { return 1 }
            if wavelength > original / low { return Float(factor) }
            let smooth = (original / wavelength - low) / (high - low)
            return Float(1 / ((1 - smooth) / factor + smooth))
        }
    }
}
