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
    ]
}
