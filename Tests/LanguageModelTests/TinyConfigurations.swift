/// Small configurations, one for each way in which a forward pass can differ.
enum TinyConfigurations {
    private static let llamaSizes = """
        "vocab_size": 61, "hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 3, "num_attention_heads": 4, \
        "max_position_embeddings": 32
        """
    private static let neoxSizes = """
        "model_type": "gpt_neox", "vocab_size": 61, "hidden_size": 24, "intermediate_size": 52, "num_hidden_layers": 2, \
        "num_attention_heads": 3, "max_position_embeddings": 32
        """

    private static let gptSizes = """
        "vocab_size": 61, "n_embd": 24, "n_head": 3, "n_layer": 2, "n_positions": 32
        """

    static let all: [String: String] = [
        "neox parallel": "{\(neoxSizes)}",
        "neox sequential": """
        {\(neoxSizes), "use_parallel_residual": false, "rotary_pct": 1.0, "hidden_act": "quick_gelu", "attention_bias": false}
        """,
        "neox odd rotary share": #"{\#(neoxSizes), "rotary_pct": 0.4, "hidden_act": "gelu_new"}"#,
        "neox with a learned activation": #"{\#(neoxSizes), "hidden_act": "xielu"}"#,
        "llama with a learned activation": #"{"model_type": "llama", \#(llamaSizes), "hidden_act": "prelu"}"#,
        "smollm3": """
        {"model_type": "smollm3", \(llamaSizes), "num_key_value_heads": 2, "no_rope_layer_interval": 2,
         "use_sliding_window": true, "sliding_window": 5}
        """,
        "llama": #"{"model_type": "llama", \#(llamaSizes), "num_key_value_heads": 2}"#,
        "llama biases and yarn": """
        {"model_type": "llama", \(llamaSizes), "attention_bias": true, "mlp_bias": true, "tie_word_embeddings": true,
         "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 8}}
        """,
        "llama dynamic": """
        {"model_type": "llama", \(llamaSizes), "hidden_act": "mish", "rope_scaling": {"type": "dynamic", "factor": 2.0},
         "max_position_embeddings": 12}
        """.replacing("\"max_position_embeddings\": 32,", with: ""),
        "mistral": """
        {"model_type": "mistral", \(llamaSizes), "num_key_value_heads": 1, "sliding_window": 5, "head_dim": 10}
        """,
        "qwen2": """
        {"model_type": "qwen2", \(llamaSizes), "num_key_value_heads": 2, "use_sliding_window": true, "sliding_window": 3,
         "max_window_layers": 1}
        """,
        "qwen3": #"{"model_type": "qwen3", \#(llamaSizes), "num_key_value_heads": 2, "head_dim": 8}"#,
        "gpt2": """
        {"model_type": "gpt2", "vocab_size": 61, "n_embd": 24, "n_head": 3, "n_layer": 2, "n_positions": 32,
         "scale_attn_by_inverse_layer_idx": true}
        """,
        "opt": """
        {"model_type": "opt", "vocab_size": 61, "hidden_size": 24, "num_attention_heads": 4, "num_hidden_layers": 2,
         "ffn_dim": 30, "max_position_embeddings": 32}
        """,
        "opt 350m": """
        {"model_type": "opt", "vocab_size": 61, "hidden_size": 24, "num_attention_heads": 4, "num_hidden_layers": 2,
         "ffn_dim": 30, "max_position_embeddings": 32, "word_embed_proj_dim": 14, "do_layer_norm_before": false}
        """,
        "olmo": #"{"model_type": "olmo", \#(llamaSizes), "clip_qkv": 0.6}"#,
        "olmo2": #"{"model_type": "olmo2", \#(llamaSizes), "num_key_value_heads": 2}"#,
        "olmo3": """
        {"model_type": "olmo3", \(llamaSizes), "num_hidden_layers": 4, "sliding_window": 4, "rope_scaling":
         {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 16}}
        """.replacing("\"num_hidden_layers\": 3, ", with: ""),
        "bitnet": #"{"model_type": "bitnet", \#(llamaSizes), "num_key_value_heads": 2}"#,
        "gemma": #"{"model_type": "gemma", \#(llamaSizes), "num_key_value_heads": 1, "head_dim": 10}"#,
        "gemma2": """
        {"model_type": "gemma2", \(llamaSizes), "num_key_value_heads": 2, "head_dim": 8, "query_pre_attn_scalar": 5,
         "sliding_window": 4, "attn_logit_softcapping": 2.0, "final_logit_softcapping": 1.5}
        """,
        "gemma3": """
        {"model_type": "gemma3_text", \(llamaSizes), "num_key_value_heads": 2, "head_dim": 8, "sliding_window": 4,
         "sliding_window_pattern": 2, "rope_local_base_freq": 100.0,
         "rope_scaling": {"rope_type": "linear", "factor": 8.0}}
        """,
        "phi": #"{"model_type": "phi", \#(llamaSizes), "num_key_value_heads": 2, "partial_rotary_factor": 0.4}"#,
        "phi normed": #"{"model_type": "phi", \#(llamaSizes), "qk_layernorm": true}"#,
        "phi3": """
        {"model_type": "phi3", \(llamaSizes), "num_key_value_heads": 2, "sliding_window": 5,
         "original_max_position_embeddings": 8, "rope_scaling": {"type": "su", "short_factor": [1.0, 1.1, 1.2],
         "long_factor": [1.5, 2.0, 4.0]}}
        """,
        "stablelm": #"{"model_type": "stablelm", \#(llamaSizes), "num_key_value_heads": 2, "use_qkv_bias": true}"#,
        "stablelm parallel": """
        {"model_type": "stablelm", \(llamaSizes), "num_key_value_heads": 2, "use_parallel_residual": true,
         "qk_layernorm": true, "partial_rotary_factor": 0.5}
        """,
        "granite": """
        {"model_type": "granite", \(llamaSizes), "num_key_value_heads": 2, "attention_multiplier": 0.3,
         "embedding_multiplier": 3.0, "residual_multiplier": 0.4, "logits_scaling": 1.5, "mlp_bias": true}
        """,
        "cohere": #"{"model_type": "cohere", \#(llamaSizes), "num_key_value_heads": 2, "logit_scale": 0.5}"#,
        "cohere normed": #"{"model_type": "cohere", \#(llamaSizes), "num_key_value_heads": 2, "use_qk_norm": true}"#,
        "starcoder2": #"{"model_type": "starcoder2", \#(llamaSizes), "sliding_window": 4}"#,
        "nemotron": #"{"model_type": "nemotron", \#(llamaSizes), "num_key_value_heads": 2, "head_dim": 8}"#,
        "apertus": #"{"model_type": "apertus", \#(llamaSizes), "num_key_value_heads": 2, "attention_bias": true}"#,
        "gpt bigcode": #"{"model_type": "gpt_bigcode", \#(gptSizes)}"#,
        "gpt bigcode with many keys":
            #"{"model_type": "gpt_bigcode", \#(gptSizes), "multi_query": false, "n_inner": 30}"#,
        "gptj": #"{"model_type": "gptj", \#(gptSizes), "rotary_dim": 4}"#,
        "falcon": #"{"model_type": "falcon", \#(llamaSizes), "ffn_hidden_size": 40}"#,
        "falcon new": """
        {"model_type": "falcon", \(llamaSizes), "new_decoder_architecture": true, "num_kv_heads": 2, "bias": true}
        """,
        "falcon alibi": """
        {"model_type": "falcon", \(llamaSizes), "alibi": true, "multi_query": false, "parallel_attn": false, "bias": true}
        """,
        "bloom": #"{"model_type": "bloom", "vocab_size": 61, "hidden_size": 24, "n_layer": 2, "n_head": 6}"#,
        "mpt": """
        {"model_type": "mpt", "vocab_size": 61, "d_model": 24, "n_layers": 2, "n_heads": 3,
         "attn_config": {"clip_qkv": 0.7, "softmax_scale": 0.5}}
        """,
        "hf_olmo": """
        {"model_type": "hf_olmo", "vocab_size": 50, "embedding_size": 61, "d_model": 24, "n_heads": 4, "n_layers": 2,
         "n_kv_heads": 2, "mlp_hidden_size": 40, "rope": true, "include_bias": false, "attention_layer_norm": true,
         "scale_logits": true, "weight_tying": false}
        """,
        "olmoe": """
        {"model_type": "olmoe", \(llamaSizes), "num_key_value_heads": 2, "num_experts": 5, "num_experts_per_tok": 2,
         "clip_qkv": 0.9}
        """,
        "mixtral": """
        {"model_type": "mixtral", \(llamaSizes), "num_key_value_heads": 2, "num_local_experts": 4, "sliding_window": 5}
        """,
        "qwen2 moe": """
        {"model_type": "qwen2_moe", \(llamaSizes), "num_key_value_heads": 2, "num_experts": 4, "num_experts_per_tok": 2,
         "moe_intermediate_size": 16, "shared_expert_intermediate_size": 20, "decoder_sparse_step": 2,
         "use_sliding_window": true, "sliding_window": 4, "norm_topk_prob": true}
        """,
        "qwen3 moe": """
        {"model_type": "qwen3_moe", \(llamaSizes), "num_key_value_heads": 2, "head_dim": 8, "num_experts": 4,
         "num_experts_per_tok": 3, "moe_intermediate_size": 16, "mlp_only_layers": [1]}
        """,
        "gpt oss": """
        {"model_type": "gpt_oss", \(llamaSizes), "num_key_value_heads": 2, "head_dim": 8, "num_local_experts": 4,
         "num_experts_per_tok": 2, "sliding_window": 4, "swiglu_limit": 0.8}
        """,
    ]
}
