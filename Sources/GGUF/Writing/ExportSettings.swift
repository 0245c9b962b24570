import JSON

/// A `config.json` as what is written to a GGUF file's metadata reads it.
struct ExportSettings: Sendable {
    let json: JSONObject
    let file: String

    init(_ json: JSONObject, file: String) { (self.json, self.file) = (json, file) }

    static let width = ["hidden_size", "n_embd", "d_model"]
    static let layers = ["num_hidden_layers", "n_layer", "n_layers"]
    static let heads = ["num_attention_heads", "n_head", "n_heads"]
    static let keyValueHeads = ["num_key_value_heads", "num_kv_heads", "n_head_kv"]
    static let context = ["max_position_embeddings", "n_positions", "seq_length", "max_seq_len"]
    static let inner = ["intermediate_size", "n_inner", "ffn_hidden_size"]
    static let experts = ["num_local_experts", "num_experts"]

    func modelType() throws(GGUFError) -> String {
        guard let name = json["model_type"]?.string else { throw wrong("model_type", "a string") }
        return name
    }

    /// The size under the first of some names that is there.
    func size(_ names: [String]) throws(GGUFError) -> Int? {
        for name in names {
            guard let value = json[name], value != .null else { continue }
            guard let size = value.int, size >= 0, size <= Int(UInt32.max) else { throw wrong(name, "a size") }
            return size
        }
        return nil
    }

    func needed(_ names: [String]) throws(GGUFError) -> Int {
        guard let size = try size(names), size > 0 else {
            throw .missingKey(file: file, key: names[0], expected: "a size above 0")
        }
        return size
    }

    func number(_ key: String) throws(GGUFError) -> Double? {
        guard let value = json[key], value != .null else { return nil }
        guard let number = value.double, number.isFinite else { throw wrong(key, "a number") }
        return number
    }

    func flag(_ key: String, absent: Bool) -> Bool { json[key]?.bool ?? absent }

    func wrong(_ key: String, _ expected: String) -> GGUFError {
        .wrongValue(file: file, key: key, found: json[key]?.canonicalText ?? "missing", expected: expected)
    }

    /// Refuses a setting that is not one of those that llama.cpp computes.
    func expect(_ key: String, _ allowed: JSONValue...) throws(GGUFError) {
        guard let value = json[key], value != .null, !allowed.contains(value) else { return }
        throw wrong(key, allowed.map(\.canonicalText).joined(separator: " or ") + ", as llama.cpp computes it")
    }

    /// Refuses windows that llama.cpp does not know of in such a model.
    func expectNoWindow() throws(GGUFError) {
        guard json["use_sliding_window"] != false, let window = json["sliding_window"], window != .null else { return }
        guard json["use_sliding_window"] == true || json["model_type"] == "mistral" else { return }
        throw wrong("sliding_window", "null: llama.cpp has no sliding window in this family")
    }

    /// The settings of rotary positions, in their old or their new form, those of all layers or of layers of one type.
    func rotary(_ layers: String = "full_attention") -> JSONObject {
        for key in ["rope_scaling", "rope_parameters"] {
            guard let object = json[key]?.object, object.count > 0 else { continue }
            return object[layers]?.object ?? object
        }
        return JSONObject()
    }
}
