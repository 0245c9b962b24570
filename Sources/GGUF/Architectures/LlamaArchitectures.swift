import JSON

extension ConfigurationDraft {
    /// Says by the first layer's tensors which linear layers have a bias.
    mutating func takeBiases(mlp: Bool = true) {
        json["attention_bias"] = .bool(has("attn_q.bias"))
        if mlp { json["mlp_bias"] = .bool(has("ffn_up.bias")) }
    }

    mutating func takeExperts(count: String, perToken: String = "num_experts_per_tok") throws(GGUFError) {
        json[count] = .integer(try needed("expert_count"))
        json[perToken] = .integer(try needed("expert_used_count"))
    }

    /// Refuses experts in a model of a family that has none.
    mutating func refuseExperts() throws(GGUFError) {
        pass(["expert_used_count"])
        if let count = try size("expert_count"), count > 0 { throw metadata.wrong(key("expert_count"), "0") }
    }
}

extension GGUFArchitecture {
    static let llama = GGUFArchitecture("llama", modelType: "llama", layer: .llama(rotary: .rotaryRows)) {
        (draft) throws(GGUFError) in
        draft.takeBiases()
        try draft.refuseExperts()
    }

    static let mixtral = GGUFArchitecture(
        "llama", modelType: "mixtral",
        layer: .llama(rotary: .rotaryRows) + .experts("block_sparse_moe", gate: "w1", up: "w3", down: "w2")
    ) { (draft) throws(GGUFError) in
        try draft.takeExperts(count: "num_local_experts")
        if draft.json["rope_theta"] == nil { draft.json["rope_theta"] = 10_000 }
        draft.json["sliding_window"] = .null
    }

    static let qwen2 = GGUFArchitecture("qwen2", modelType: "qwen2", layer: .llama())

    static let qwen2MoE = GGUFArchitecture(
        "qwen2moe", modelType: "qwen2_moe",
        layer: .llama() + .experts("mlp", gate: "gate_proj", up: "up_proj", down: "down_proj") + [
            TensorRule("ffn_gate_inp_shexp", "mlp.shared_expert_gate", .oneRow),
            TensorRule("ffn_gate_shexp", "mlp.shared_expert.gate_proj"),
            TensorRule("ffn_up_shexp", "mlp.shared_expert.up_proj"),
            TensorRule("ffn_down_shexp", "mlp.shared_expert.down_proj"),
        ]
    ) { (draft) throws(GGUFError) in
        try draft.takeExperts(count: "num_experts")
        // Older files have them only in the shapes of tensors.
        let expert = draft.tensors["blk.0.ffn_up_exps.weight"].map { $0.shape.dropLast().last ?? 0 }
        let shared = draft.tensors["blk.0.ffn_up_shexp.weight"].map { $0.shape.first ?? 0 }
        draft.json["moe_intermediate_size"] = (try draft.size("expert_feed_forward_length") ?? expert).map(
            JSONValue.integer)
        draft.json["shared_expert_intermediate_size"] =
            (try draft.size("expert_shared_feed_forward_length") ?? shared).map(JSONValue.integer)
        draft.json["norm_topk_prob"] = false
    }

    static let qwen3 = GGUFArchitecture("qwen3", modelType: "qwen3", layer: .llama() + .headNorms()) {
        (draft) throws(GGUFError) in
        draft.takeBiases(mlp: false)
        draft.json["head_dim"] = .integer(try draft.headSize())
    }

    static let qwen3MoE = GGUFArchitecture(
        "qwen3moe", modelType: "qwen3_moe",
        layer: .llama() + .headNorms() + .experts("mlp", gate: "gate_proj", up: "up_proj", down: "down_proj")
    ) { (draft) throws(GGUFError) in
        draft.takeBiases(mlp: false)
        try draft.takeExperts(count: "num_experts")
        draft.json["head_dim"] = .integer(try draft.headSize())
        let expert = draft.tensors["blk.0.ffn_up_exps.weight"].map { $0.shape.dropLast().last ?? 0 }
        draft.json["moe_intermediate_size"] = (try draft.size("expert_feed_forward_length") ?? expert).map(
            JSONValue.integer)
        // llama.cpp always has it so.
        draft.json["norm_topk_prob"] = true
    }

    static let smolLM3 = GGUFArchitecture("smollm3", modelType: "smollm3", layer: .llama(rotary: .rotaryRows)) {
        (draft) throws(GGUFError) in draft.takeBiases()
    }

    static let granite = GGUFArchitecture("granite", modelType: "granite", layer: .llama(rotary: .rotaryRows)) {
        (draft) throws(GGUFError) in
        draft.takeBiases()
        try draft.refuseExperts()
        try draft.copyNumber("attention.scale", "attention_multiplier")
        try draft.copyNumber("embedding_scale", "embedding_multiplier")
        try draft.copyNumber("residual_scale", "residual_multiplier")
        try draft.copyNumber("logit_scale", "logits_scaling")
    }

    static let olmo = GGUFArchitecture(
        "olmo", modelType: "olmo",
        layer: .llama(rotary: .rotaryRows).filter { !$0.stored.hasSuffix("norm") },
        ends: .llamaEnds().filter { !$0.stored.hasSuffix("norm") }, epsilon: (layerNorm, "layer_norm_eps")
    ) { (draft) throws(GGUFError) in
        draft.takeBiases(mlp: false)
        try draft.copyNumber("attention.clamp_kqv", "clip_qkv")
        // The family's ε is the code's and no setting.
        guard let epsilon = draft.json["layer_norm_eps"]?.double, Float(epsilon) != 1e-5 else { return }
        throw draft.metadata.wrong(draft.key(layerNorm), "1e-05")
    }

    static let olmo2 = GGUFArchitecture(
        "olmo2", modelType: "olmo2",
        layer: .llama().filter { !["attn_norm", "ffn_norm"].contains($0.stored) } + .headNorms() + [
            TensorRule("post_attention_norm", "post_attention_layernorm"),
            TensorRule("post_ffw_norm", "post_feedforward_layernorm"),
        ]
    ) { (draft) throws(GGUFError) in draft.takeBiases(mlp: false) }

    static let olmoE = GGUFArchitecture(
        "olmoe", modelType: "olmoe",
        layer: .llama() + .headNorms() + .experts("mlp", gate: "gate_proj", up: "up_proj", down: "down_proj")
    ) { (draft) throws(GGUFError) in
        draft.takeBiases(mlp: false)
        try draft.takeExperts(count: "num_experts")
        draft.pass(["expert_feed_forward_length"])
        draft.json["norm_topk_prob"] = false
        try draft.copyNumber("attention.clamp_kqv", "clip_qkv")
    }

    static let stableLM = GGUFArchitecture(
        "stablelm", modelType: "stablelm",
        layer: .llama() + .headNorms("q_layernorm.norms.#", "k_layernorm.norms.#", .headNorms),
        epsilon: (layerNorm, "layer_norm_eps"), rotaryShare: "partial_rotary_factor"
    ) { (draft) throws(GGUFError) in
        draft.json["use_qkv_bias"] = .bool(draft.has("attn_q.bias"))
        draft.json["qk_layernorm"] = .bool(draft.has("attn_q_norm.weight"))
        draft.json["use_parallel_residual"] = .bool(
            try draft.flag("use_parallel_residual") ?? !draft.has("ffn_norm.weight"))
    }

    static let starCoder2 = GGUFArchitecture(
        "starcoder2", modelType: "starcoder2", layer: .llama(gate: nil, up: "c_fc", down: "c_proj"),
        epsilon: (layerNorm, "norm_epsilon")
    ) { (draft) throws(GGUFError) in draft.json["use_bias"] = .bool(draft.has("attn_q.bias")) }

    static let commandR = GGUFArchitecture(
        "command-r", modelType: "cohere", layer: .llama().filter { $0.stored != "ffn_norm" } + .headNorms(),
        epsilon: (layerNorm, "layer_norm_eps")
    ) { (draft) throws(GGUFError) in
        draft.takeBiases(mlp: false)
        try draft.copyNumber("logit_scale", "logit_scale")
        draft.json["use_qk_norm"] = .bool(draft.has("attn_q_norm.weight"))
    }

    static let nemotron = GGUFArchitecture(
        "nemotron", modelType: "nemotron", layer: .llama(norm: .plusOne, gate: nil),
        ends: .llamaEnds(.plusOne), epsilon: (layerNorm, "norm_eps"), rotaryShare: "partial_rotary_factor"
    ) { (draft) throws(GGUFError) in draft.takeBiases() }

    static let phi2 = GGUFArchitecture(
        "phi2", modelType: "phi",
        layer: .llama(output: "dense", gate: nil, up: "fc1", down: "fc2").filter { $0.stored != "ffn_norm" },
        ends: .llamaEnds(norm: "final_layernorm"), epsilon: (layerNorm, "layer_norm_eps"),
        rotaryShare: "partial_rotary_factor")

    static let phi3 = GGUFArchitecture(
        "phi3", modelType: "phi3",
        layer: .llama(gate: nil, up: "gate_up_proj") + [TensorRule("attn_qkv", "self_attn.qkv_proj")],
        rotaryShare: "partial_rotary_factor"
    ) { (draft) throws(GGUFError) in
        let window = try draft.size("attention.sliding_window")
        draft.json["sliding_window"] = window.flatMap { $0 > 0 ? .integer($0) : nil } ?? .null
    }
}
