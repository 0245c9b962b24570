import JSON

extension [TensorRule] {
    /// GPT-2's tensors of a layer.
    fileprivate static func gpt2(_ change: TensorChange) -> [TensorRule] {
        [
            TensorRule("attn_norm", "ln_1"), TensorRule("attn_qkv", "attn.c_attn", change),
            TensorRule("attn_output", "attn.c_proj", change), TensorRule("ffn_norm", "ln_2"),
            TensorRule("ffn_up", "mlp.c_fc", change), TensorRule("ffn_down", "mlp.c_proj", change),
        ]
    }

    fileprivate static let gpt2Ends = [
        TensorRule("token_embd", "transformer.wte"), TensorRule("position_embd", "transformer.wpe"),
        TensorRule("output_norm", "transformer.ln_f"), TensorRule("output", "lm_head"),
    ]
}

extension TensorRule {
    /// The norm in front of both sublayers, or of the second where each has its own.
    fileprivate static var falconNorm: TensorRule {
        var rule = TensorRule("attn_norm", "input_layernorm")
        rule.beside = ("attn_norm_2", "ln_mlp")
        return rule
    }
}

extension GGUFArchitecture {
    static let gpt2 = GGUFArchitecture(
        "gpt2", modelType: "gpt2", layers: "transformer.h.", layer: .gpt2(.conv1D), ends: .gpt2Ends,
        sizes: [
            ("context_length", "n_positions"), ("embedding_length", "n_embd"), ("block_count", "n_layer"),
            ("feed_forward_length", "n_inner"), ("attention.head_count", "n_head"),
        ], epsilon: (layerNorm, "layer_norm_epsilon")
    ) { (draft) throws(GGUFError) in draft.pass(["attention.head_count_kv"]) }

    static let starCoder = GGUFArchitecture(
        "starcoder", modelType: "gpt_bigcode", layers: "transformer.h.", layer: .gpt2(.none), ends: .gpt2Ends,
        sizes: gpt2.sizes, epsilon: gpt2.epsilon
    ) { (draft) throws(GGUFError) in
        guard try draft.size("attention.head_count_kv") == 1 else {
            throw draft.metadata.wrong(draft.key("attention.head_count_kv"), "1")
        }
        draft.json["multi_query"] = true
    }

    static let gptNeoX = GGUFArchitecture(
        "gptneox", modelType: "gpt_neox", layers: "gpt_neox.layers.",
        layer: [
            TensorRule("attn_norm", "input_layernorm"),
            TensorRule("attn_qkv", "attention.query_key_value", .fusedRows),
            TensorRule("attn_output", "attention.dense"), TensorRule("ffn_norm", "post_attention_layernorm"),
            TensorRule("ffn_up", "mlp.dense_h_to_4h"), TensorRule("ffn_down", "mlp.dense_4h_to_h"),
        ],
        ends: [
            TensorRule("token_embd", "gpt_neox.embed_in"), TensorRule("output_norm", "gpt_neox.final_layer_norm"),
            TensorRule("output", "embed_out"),
        ], epsilon: (layerNorm, "layer_norm_eps"), rotaryShare: "rotary_pct"
    ) { (draft) throws(GGUFError) in
        draft.json["use_parallel_residual"] = .bool(try draft.flag("use_parallel_residual") ?? true)
        if let base = draft.json["rope_theta"] { draft.json["rotary_emb_base"] = base }
        draft.json["rope_theta"] = nil
        draft.json["attention_bias"] = .bool(draft.has("attn_qkv.bias"))
    }

    static let bloom = GGUFArchitecture(
        "bloom", modelType: "bloom", layers: "transformer.h.",
        layer: [
            TensorRule("attn_norm", "input_layernorm"),
            TensorRule("attn_qkv", "self_attention.query_key_value", .fusedRows),
            TensorRule("attn_output", "self_attention.dense"), TensorRule("ffn_norm", "post_attention_layernorm"),
            TensorRule("ffn_up", "mlp.dense_h_to_4h"), TensorRule("ffn_down", "mlp.dense_4h_to_h"),
        ],
        ends: [
            TensorRule("token_embd", "transformer.word_embeddings"),
            TensorRule("token_embd_norm", "transformer.word_embeddings_layernorm"),
            TensorRule("output_norm", "transformer.ln_f"), TensorRule("output", "lm_head"),
        ],
        sizes: [
            ("context_length", "seq_length"), ("embedding_length", "hidden_size"), ("block_count", "n_layer"),
            ("attention.head_count", "n_head"),
        ], epsilon: (layerNorm, "layer_norm_epsilon")
    ) { (draft) throws(GGUFError) in
        draft.pass(["attention.head_count_kv", "attention.max_alibi_bias", "rope.scaling.type"])
        let width = try draft.needed("embedding_length")
        guard try draft.size("feed_forward_length") == 4 * width else {
            throw draft.metadata.wrong(draft.key("feed_forward_length"), "\(4 * width)")
        }
    }

    static let falcon = GGUFArchitecture(
        "falcon", modelType: "falcon", layers: "transformer.h.",
        layer: [
            .falconNorm, TensorRule("attn_norm_2", "ln_attn"),
            TensorRule("attn_qkv", "self_attention.query_key_value", .fusedRows),
            TensorRule("attn_output", "self_attention.dense"), TensorRule("ffn_up", "mlp.dense_h_to_4h"),
            TensorRule("ffn_down", "mlp.dense_4h_to_h"),
        ],
        ends: [
            TensorRule("token_embd", "transformer.word_embeddings"), TensorRule("output_norm", "transformer.ln_f"),
            TensorRule("output", "lm_head"),
        ],
        sizes: [
            ("context_length", "max_position_embeddings"), ("embedding_length", "hidden_size"),
            ("block_count", "num_hidden_layers"), ("feed_forward_length", "ffn_hidden_size"),
            ("attention.head_count", "num_attention_heads"), ("attention.head_count_kv", "num_kv_heads"),
        ], epsilon: (layerNorm, "layer_norm_epsilon")
    ) { (draft) throws(GGUFError) in
        draft.pass(["tensor_data_layout"])
        let isNew = draft.has("attn_norm_2.weight") || draft.json["num_kv_heads"] != 1
        draft.json["new_decoder_architecture"] = .bool(isNew)
        draft.json["num_ln_in_parallel_attn"] = .integer(draft.has("attn_norm_2.weight") ? 2 : 1)
        (draft.json["multi_query"], draft.json["parallel_attn"], draft.json["alibi"]) = (true, true, false)
        draft.json["bias"] = .bool(draft.has("attn_qkv.bias"))
    }

    static let mpt = GGUFArchitecture(
        "mpt", modelType: "mpt", layers: "transformer.blocks.",
        layer: [
            TensorRule("attn_norm", "norm_1"), TensorRule("attn_qkv", "attn.Wqkv"),
            TensorRule("attn_output", "attn.out_proj"), TensorRule("ffn_norm", "norm_2"),
            TensorRule("ffn_up", "ffn.up_proj"), TensorRule("ffn_down", "ffn.down_proj"),
        ],
        ends: [
            TensorRule("token_embd", "transformer.wte"), TensorRule("output_norm", "transformer.norm_f"),
            TensorRule("output", "lm_head"),
        ],
        sizes: [
            ("context_length", "max_seq_len"), ("embedding_length", "d_model"), ("block_count", "n_layers"),
            ("attention.head_count", "n_heads"),
        ], epsilon: (layerNorm, "layer_norm_epsilon")
    ) { (draft) throws(GGUFError) in
        draft.pass(["attention.head_count_kv", "feed_forward_length"])
        var attention = JSONObject([.init(key: "alibi", value: true)])
        if let largest = try draft.number("attention.max_alibi_bias") { attention["alibi_bias_max"] = .number(largest) }
        if let clip = try draft.number("attention.clamp_kqv"), clip > 0 { attention["clip_qkv"] = .number(clip) }
        draft.json["attn_config"] = .object(attention)
        draft.json["no_bias"] = .bool(!draft.has("attn_qkv.bias"))
    }
}
