import JSON

extension [TensorRule] {
    /// Norms around each sublayer, as Gemma 2 and 3 have them.
    fileprivate static let gemma2: [TensorRule] =
        .llama(norm: .plusOne, mlpNorm: "pre_feedforward_layernorm") + [
            TensorRule("post_attention_norm", "post_attention_layernorm", .plusOne),
            TensorRule("post_ffw_norm", "post_feedforward_layernorm", .plusOne),
        ]
}

extension ConfigurationDraft {
    /// What scores are divided by the root of, which files do not say: the size of a head, and in the largest model the width
    /// over the heads.
    fileprivate mutating func takeScoreScale(largest layers: Int) throws(GGUFError) {
        let headSize = try headSize()
        json["head_dim"] = .integer(headSize)
        guard try needed("block_count") == layers else {
            json["query_pre_attn_scalar"] = .integer(headSize)
            return
        }
        let (width, heads) = (try needed("embedding_length"), try needed("attention.head_count"))
        json["query_pre_attn_scalar"] = .integer(width / heads)
    }
}

extension GGUFArchitecture {
    static let gemma = GGUFArchitecture(
        "gemma", modelType: "gemma", layer: .llama(norm: .plusOne), ends: .llamaEnds(.plusOne)
    ) { (draft) throws(GGUFError) in draft.json["head_dim"] = .integer(try draft.headSize()) }

    static let gemma2 = GGUFArchitecture(
        "gemma2", modelType: "gemma2", layer: .gemma2, ends: .llamaEnds(.plusOne)
    ) { (draft) throws(GGUFError) in
        try draft.takeScoreScale(largest: 46)
        draft.json["attn_logit_softcapping"] = .number(try draft.number("attn_logit_softcapping") ?? 50)
        draft.json["final_logit_softcapping"] = .number(try draft.number("final_logit_softcapping") ?? 30)
        draft.json["sliding_window"] = .integer(try draft.size("attention.sliding_window") ?? 4096)
    }

    static let gemma3 = GGUFArchitecture(
        "gemma3", modelType: "gemma3_text", layer: .gemma2 + .headNorms("q_norm", "k_norm", .plusOne),
        ends: .llamaEnds(.plusOne)
    ) { (draft) throws(GGUFError) in
        try draft.takeScoreScale(largest: 62)
        try draft.copyNumber("final_logit_softcapping", "final_logit_softcapping")
        draft.json["sliding_window"] = .integer(try draft.needed("attention.sliding_window"))
        draft.json["sliding_window_pattern"] = .integer(try draft.size("attention.sliding_window_pattern") ?? 6)
        draft.json["rope_local_base_freq"] = .number(try draft.number("rope.freq_base_swa") ?? 10_000)
    }
}
