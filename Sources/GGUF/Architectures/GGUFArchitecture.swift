import JSON

/// An architecture of llama.cpp: how its files name and order what other checkpoints have.
///
/// Each is a value in a file of relatives and an entry of ``all``.
struct GGUFArchitecture: Sendable {
    /// The `general.architecture` of files.
    let name: String
    /// The `model_type` of configurations.
    let modelType: String
    /// What stands in front of a layer's number in other checkpoints.
    let layers: String
    /// Tensors of a layer.
    let layer: [TensorRule]
    /// Tensors in front of the layers and behind them.
    let ends: [TensorRule]
    /// What the configuration calls sizes and the norms' ε.
    let sizes: [(stored: String, setting: String)]
    let epsilon: (stored: String, setting: String)
    /// The key of the share of a head that turns; nil where all of it does, or nothing.
    let rotaryShare: String?
    /// What else of the metadata the configuration is to say.
    let complete: @Sendable (inout ConfigurationDraft) throws(GGUFError) -> Void

    static let all: [GGUFArchitecture] = [
        .llama, .mixtral, .qwen2, .qwen2MoE, .qwen3, .qwen3MoE, .smolLM3, .granite, .gemma, .gemma2, .gemma3, .phi2,
        .phi3, .olmo,
        .olmo2, .olmoE, .stableLM, .starCoder2, .commandR, .nemotron, .gpt2, .gptNeoX, .starCoder, .bloom, .falcon,
        .mpt,
    ]

    init(
        _ name: String, modelType: String, layers: String = "model.layers.", layer: [TensorRule],
        ends: [TensorRule] = .llamaEnds(), sizes: [(stored: String, setting: String)] = usualSizes,
        epsilon: (stored: String, setting: String) = ("attention.layer_norm_rms_epsilon", "rms_norm_eps"),
        rotaryShare: String? = nil,
        complete: @escaping @Sendable (inout ConfigurationDraft) throws(GGUFError) -> Void = { _ in }
    ) {
        (self.name, self.modelType, self.layers, self.layer, self.ends) = (name, modelType, layers, layer, ends)
        (self.sizes, self.epsilon, self.rotaryShare, self.complete) = (sizes, epsilon, rotaryShare, complete)
    }

    static let usualSizes: [(stored: String, setting: String)] = [
        ("context_length", "max_position_embeddings"), ("embedding_length", "hidden_size"),
        ("block_count", "num_hidden_layers"), ("feed_forward_length", "intermediate_size"),
        ("attention.head_count", "num_attention_heads"), ("attention.head_count_kv", "num_key_value_heads"),
        ("attention.key_length", "head_dim"),
    ]

    static let layerNorm = "attention.layer_norm_epsilon"

    /// The architecture of a file.
    static func of(_ metadata: GGUFMetadata) throws(GGUFError) -> GGUFArchitecture {
        let key = "general.architecture"
        let name = try metadata.required(key, try metadata.string(key), "a string")
        // Experts make another family of Llama's tensors.
        let experts = name == llama.name ? try metadata.int("llama.expert_count") ?? 0 : 0
        if experts > 0 { return mixtral }
        guard let architecture = all.first(where: { $0.name == name }) else {
            var names: [String] = []
            for one in all where !names.contains(one.name) { names.append(one.name) }
            throw metadata.wrong(key, "one of " + names.joined(separator: ", "))
        }
        return architecture
    }
}
