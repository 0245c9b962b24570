import JSON

/// The sizes of a GPT-NeoX model.
package struct ModelShape: Sendable, Equatable {
    package let name: String
    package let layers: Int
    package let width: Int
    package let heads: Int
    package let vocabulary: Int

    package init(name: String, layers: Int, width: Int, heads: Int, vocabulary: Int) {
        self.name = name
        self.layers = layers
        self.width = width
        self.heads = heads
        self.vocabulary = vocabulary
    }

    package static let pythia70m = ModelShape(
        name: "Pythia-70m", layers: 6, width: 512, heads: 8, vocabulary: 50_304)
    package static let pythia160m = ModelShape(
        name: "Pythia-160m", layers: 12, width: 768, heads: 12, vocabulary: 50_304)

    var headSize: Int { width / heads }
    /// The leading elements of each head that are rotated: a quarter.
    var rotarySize: Int { headSize / 4 }

    /// 2·(linear weights + head), per token.
    var flopsPerToken: Int { 2 * (12 * layers * width * width + width * vocabulary) }

    /// The linear maps inside layer `index`: module, outputs, inputs.
    func linearMaps(layer index: Int) -> [(module: String, shape: [Int])] {
        let prefix = "gpt_neox.layers.\(index)."
        return [
            (prefix + "attention.query_key_value", [3 * width, width]),
            (prefix + "attention.dense", [width, width]),
            (prefix + "mlp.dense_h_to_4h", [4 * width, width]),
            (prefix + "mlp.dense_4h_to_h", [width, 4 * width]),
        ]
    }

    /// The norms, by module.
    var norms: [String] {
        (0..<layers).flatMap {
            ["gpt_neox.layers.\($0).input_layernorm", "gpt_neox.layers.\($0).post_attention_layernorm"]
        } + ["gpt_neox.final_layer_norm"]
    }

    /// The `config.json` of such a model.
    var configuration: JSONValue {
        [
            "architectures": ["GPTNeoXForCausalLM"], "model_type": "gpt_neox", "hidden_size": .integer(width),
            "intermediate_size": .integer(4 * width), "num_hidden_layers": .integer(layers),
            "num_attention_heads": .integer(heads), "vocab_size": .integer(vocabulary),
            "max_position_embeddings": 2048, "rotary_pct": 0.25, "rotary_emb_base": 10_000,
            "layer_norm_eps": 1e-5, "hidden_act": "gelu", "use_parallel_residual": true,
            "tie_word_embeddings": false, "torch_dtype": "float16",
        ]
    }
}
