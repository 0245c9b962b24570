extension Family {
    /// OLMo 2 (arXiv 2501.00656).
    static let olmo2 = Family(
        "olmo2", summary: "Llama with norms after each sublayer, and over all queries and over all keys"
    ) { (settings) throws(LanguageModelError) in
        try LlamaForm(olmo2: settings, rotary: RotaryKeys()).description()
    }
}

extension LlamaForm {
    /// The form that OLMo 2 and 3 have in common.
    init(olmo2 settings: FamilySettings, rotary: RotaryKeys) throws(LanguageModelError) {
        try self.init(settings, .init(sizes: .olmo, epsilon: 1e-5, rotary: rotary))
        placement = .after
        headNorm = .overAll
        try takeAttentionBias()
    }
}
