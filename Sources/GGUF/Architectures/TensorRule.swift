/// What a tensor of a GGUF file is elsewhere.
struct TensorRule: Sendable {
    /// The name in the file, without `blk.N.` and without what follows the last dot.
    let stored: String
    /// The module in other checkpoints, without the layer's; an expert's number stands where `#` is.
    let module: String
    let change: TensorChange
    /// The module where the layer has a certain other tensor as well (Falcon's first norm).
    var beside: (stored: String, module: String)?

    init(_ stored: String, _ module: String, _ change: TensorChange = .none) {
        (self.stored, self.module, self.change) = (stored, module, change)
    }
}

/// In which way a tensor of a GGUF file differs from the one in other checkpoints.
enum TensorChange: Sendable, Equatable {
    case none
    /// Rotary pairs of queries, or of keys, are neighbours.
    case rotaryRows
    /// Queries, keys and values of all heads follow one another.
    case fusedRows
    /// A norm's weight, to which 1 was added.
    case plusOne
    /// Outputs by inputs, where other checkpoints have inputs by outputs (Conv1D).
    case conv1D
    /// One tensor for the experts of a layer.
    case experts
    /// One tensor for the norms of all heads, which are modules of their own elsewhere.
    case headNorms
    /// A vector that is a matrix of one row elsewhere.
    case oneRow
}

extension [TensorRule] {
    /// Llama's tensors, with the changes that queries and keys have, and norms.
    static func llama(
        rotary: TensorChange = .none, norm: TensorChange = .none, mlpNorm: String = "post_attention_layernorm",
        output: String = "o_proj", gate: String? = "gate_proj", up: String = "up_proj", down: String = "down_proj"
    ) -> [TensorRule] {
        [
            TensorRule("attn_norm", "input_layernorm", norm), TensorRule("attn_q", "self_attn.q_proj", rotary),
            TensorRule("attn_k", "self_attn.k_proj", rotary), TensorRule("attn_v", "self_attn.v_proj"),
            TensorRule("attn_output", "self_attn.\(output)"), TensorRule("ffn_norm", mlpNorm, norm),
            TensorRule("ffn_up", "mlp.\(up)"), TensorRule("ffn_down", "mlp.\(down)"),
        ] + (gate.map { [TensorRule("ffn_gate", "mlp.\($0)")] } ?? [])
    }

    /// Norms of queries and keys.
    static func headNorms(
        _ query: String = "q_norm", _ key: String = "k_norm", _ change: TensorChange = .none
    ) -> [TensorRule] {
        [
            TensorRule("attn_q_norm", "self_attn.\(query)", change),
            TensorRule("attn_k_norm", "self_attn.\(key)", change),
        ]
    }

    /// A router and experts.
    static func experts(_ module: String, gate: String, up: String, down: String) -> [TensorRule] {
        [
            TensorRule("ffn_gate_inp", "\(module).gate"),
            TensorRule("ffn_gate_exps", "\(module).experts.#.\(gate)", .experts),
            TensorRule("ffn_up_exps", "\(module).experts.#.\(up)", .experts),
            TensorRule("ffn_down_exps", "\(module).experts.#.\(down)", .experts),
        ]
    }

    /// Embedding, final norm and head of Llama's relatives.
    static func llamaEnds(norm: String = "norm", _ change: TensorChange = .none) -> [TensorRule] {
        [
            TensorRule("token_embd", "model.embed_tokens"), TensorRule("output_norm", "model.\(norm)", change),
            TensorRule("output", "lm_head"),
        ]
    }
}
