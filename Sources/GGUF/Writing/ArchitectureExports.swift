import JSON

extension GGUFArchitecture {
    /// What is needed to write files of an architecture: what configurations leave out, and what metadata say beside sizes.
    struct Export: Sendable {
        typealias Completion = @Sendable (ExportSettings, inout ExportedMetadata) throws(GGUFError) -> Void

        let modelTypes: [String]
        let epsilon: Double
        /// The base of rotary frequencies where a configuration does not say it; nil of models without such.
        let rotaryBase: Double?
        /// The share of a head that turns, likewise.
        let rotaryShare: Double
        let headSize: Int?
        let complete: Completion

        init(
            _ modelTypes: String..., epsilon: Double = 1e-6, rotaryBase: Double? = 10_000, rotaryShare: Double = 1,
            headSize: Int? = nil, complete: @escaping Completion = { _, _ in }
        ) {
            (self.modelTypes, self.epsilon, self.rotaryBase) = (modelTypes, epsilon, rotaryBase)
            (self.rotaryShare, self.headSize, self.complete) = (rotaryShare, headSize, complete)
        }

        /// How many heads keys and values have.
        func keyValueHeads(_ settings: ExportSettings, _ heads: Int) throws(GGUFError) -> Int {
            let sharesOne =
                ["gpt_bigcode", "falcon"].contains(modelTypes[0]) && settings.flag("multi_query", absent: true)
            if sharesOne, !settings.flag("new_decoder_architecture", absent: false) { return 1 }
            return try settings.size(ExportSettings.keyValueHeads) ?? heads
        }
    }

    /// Nil of an architecture whose files are read only.
    var export: Export? { Self.exports[modelType] }

    private static let exports: [String: Export] = [
        "llama": Export("llama", "mistral") { (settings, metadata) throws(GGUFError) in
            try settings.expect("hidden_act", "silu")
            try settings.expectNoWindow()
        },
        "mixtral": Export("mixtral", epsilon: 1e-5, rotaryBase: 1_000_000) { (settings, metadata) throws(GGUFError) in
            try settings.expect("sliding_window", 0)
            try metadata.takeExperts(settings)
        },
        "qwen2": Export("qwen2") { (settings, metadata) throws(GGUFError) in try settings.expectNoWindow() },
        "qwen2_moe": Export("qwen2_moe") { (settings, metadata) throws(GGUFError) in
            try settings.expectNoWindow()
            try settings.expect("norm_topk_prob", false)
            try metadata.takeExperts(settings)
            metadata.add("expert_feed_forward_length", size: try settings.needed(["moe_intermediate_size"]))
            metadata.add(
                "expert_shared_feed_forward_length", size: try settings.needed(["shared_expert_intermediate_size"]))
        },
        "qwen3": Export("qwen3", headSize: 128) { (settings, metadata) throws(GGUFError) in
            try settings.expectNoWindow()
        },
        "qwen3_moe": Export("qwen3_moe", headSize: 128) { (settings, metadata) throws(GGUFError) in
            try settings.expectNoWindow()
            try settings.expect("norm_topk_prob", true)
            try metadata.takeExperts(settings)
            metadata.add("expert_feed_forward_length", size: try settings.needed(["moe_intermediate_size"]))
        },
        "smollm3": Export("smollm3", rotaryBase: 2_000_000) { (settings, metadata) throws(GGUFError) in
            try settings.expect("no_rope_layer_interval", 4)
            try settings.expectNoWindow()
        },
        "granite": Export("granite") { (settings, metadata) throws(GGUFError) in
            try metadata.copy("attention_multiplier", "attention.scale", settings, absent: 1)
            try metadata.copy("embedding_multiplier", "embedding_scale", settings, absent: 1)
            try metadata.copy("residual_multiplier", "residual_scale", settings, absent: 1)
            try metadata.copy("logits_scaling", "logit_scale", settings, absent: 1)
        },
        "olmo": Export("olmo", epsilon: 1e-5) { (settings, metadata) throws(GGUFError) in
            try metadata.copy("clip_qkv", "attention.clamp_kqv", settings)
        },
        "olmo2": Export("olmo2", epsilon: 1e-5),
        "olmoe": Export("olmoe", epsilon: 1e-5) { (settings, metadata) throws(GGUFError) in
            try settings.expect("norm_topk_prob", false)
            try metadata.takeExperts(settings)
            try metadata.copy("clip_qkv", "attention.clamp_kqv", settings)
        },
        "gemma": Export("gemma", headSize: 256),
        "gemma2": Export("gemma2", headSize: 256) { (settings, metadata) throws(GGUFError) in
            try settings.checkScoreScale(largest: 46)
            try metadata.copy("attn_logit_softcapping", "attn_logit_softcapping", settings, absent: 50)
            try metadata.copy("final_logit_softcapping", "final_logit_softcapping", settings, absent: 30)
            metadata.add("attention.sliding_window", size: try settings.size(["sliding_window"]) ?? 4096)
        },
        "gemma3_text": Export("gemma3_text", rotaryBase: 1_000_000, headSize: 256) {
            (settings, metadata) throws(GGUFError) in
            try settings.checkScoreScale(largest: 62)
            try settings.expect("sliding_window_pattern", 6)
            let local = settings.rotary("sliding_attention")["rope_theta"]?.double
            let own = try settings.number("rope_local_base_freq")
            metadata.add("rope.freq_base_swa", number: own ?? local ?? 10_000)
            metadata.add("attention.sliding_window", size: try settings.size(["sliding_window"]) ?? 4096)
        },
        "stablelm": Export("stablelm", epsilon: 1e-5, rotaryShare: 0.25) { (settings, metadata) throws(GGUFError) in
            metadata.add("use_parallel_residual", .bool(settings.flag("use_parallel_residual", absent: false)))
        },
        "starcoder2": Export("starcoder2", epsilon: 1e-5) { (settings, metadata) throws(GGUFError) in
            try settings.expect("sliding_window", 0)
        },
        "cohere": Export("cohere", epsilon: 1e-5, rotaryBase: 500_000) { (settings, metadata) throws(GGUFError) in
            try metadata.copy("logit_scale", "logit_scale", settings, absent: 0.0625)
            metadata.add("rope.scaling.type", .string("none"))
        },
        "nemotron": Export("nemotron", epsilon: 1e-5, rotaryShare: 0.5),
        "phi": Export("phi", epsilon: 1e-5, rotaryShare: 0.5) { (settings, metadata) throws(GGUFError) in
            try settings.expect("qk_layernorm", false)
        },
        "phi3": Export("phi3", epsilon: 1e-5) { (settings, metadata) throws(GGUFError) in
            metadata.add("attention.sliding_window", size: try settings.size(["sliding_window"]) ?? 0)
        },
        "gpt2": Export("gpt2", epsilon: 1e-5, rotaryBase: nil) { (settings, metadata) throws(GGUFError) in
            try settings.expect("scale_attn_weights", true)
            try settings.expect("scale_attn_by_inverse_layer_idx", false)
            try settings.expect("activation_function", "gelu_new", "gelu_pytorch_tanh")
        },
        "gpt_bigcode": Export("gpt_bigcode", epsilon: 1e-5, rotaryBase: nil),
        "gpt_neox": Export("gpt_neox", epsilon: 1e-5, rotaryShare: 0.25) { (settings, metadata) throws(GGUFError) in
            metadata.add("use_parallel_residual", .bool(settings.flag("use_parallel_residual", absent: true)))
        },
        "bloom": Export("bloom", epsilon: 1e-5, rotaryBase: nil),
        "falcon": Export("falcon", epsilon: 1e-5) { (settings, metadata) throws(GGUFError) in
            try settings.expect("alibi", false)
            metadata.add("tensor_data_layout", .string("jploski"))
        },
        "mpt": Export("mpt", epsilon: 1e-5, rotaryBase: nil) { (settings, metadata) throws(GGUFError) in
            let attention = settings.json["attn_config"]?.object ?? JSONObject()
            if attention["alibi"] != false {
                metadata.add("attention.max_alibi_bias", number: attention["alibi_bias_max"]?.double ?? 8)
            }
            if let clip = attention["clip_qkv"]?.double { metadata.add("attention.clamp_kqv", number: clip) }
        },
    ]
}

extension ExportedMetadata {
    /// How many experts there are, and how many of them a token sees.
    fileprivate mutating func takeExperts(_ settings: ExportSettings) throws(GGUFError) {
        add("expert_count", size: try settings.needed(ExportSettings.experts))
        add("expert_used_count", size: try settings.needed(["num_experts_per_tok"]))
    }
}

extension ExportSettings {
    /// Refuses a factor on scores other than the one that llama.cpp takes.
    fileprivate func checkScoreScale(largest layers: Int) throws(GGUFError) {
        let scalar = try number("query_pre_attn_scalar") ?? 256
        let (width, heads) = (try needed(Self.width), try needed(Self.heads))
        let expected = try needed(Self.layers) == layers ? width / heads : try size(["head_dim"]) ?? 256
        guard scalar == Double(expected) else {
            throw wrong("query_pre_attn_scalar", "\(expected), as llama.cpp has it")
        }
    }
}
