extension Family {
    /// StarCoder's GPT-BigCode (arXiv 2301.03988).
    static let gptBigCode = Family(
        "gpt_bigcode", summary: "GPT-2 with one key and value head for all queries", buffers: ["attn.bias"]
    ) { (settings) throws(LanguageModelError) in
        let isMultiQuery = try settings.flag("multi_query", default: true)
        return try settings.gpt2(activation: "gelu_pytorch_tanh") { layer in
            layer.unfold { $0.transposed = false }
            guard case .concatenated(var fused) = layer.attention.projections else { return }
            if isMultiQuery {
                layer.attention.keyValueHeadCount = 1
                fused.outputs = layer.attention.queryWidth + 2 * layer.attention.headSize
                layer.attention.projections = .concatenated(fused)
            } else {
                layer.attention.projections = .interleaved(fused)
            }
        }
    }
}

extension LayerDescription {
    /// Changes each linear layer of a layer of GPT-2's form.
    fileprivate mutating func unfold(_ change: (inout LinearDescription) -> Void) {
        if case .concatenated(var fused) = attention.projections {
            change(&fused)
            attention.projections = .concatenated(fused)
        }
        change(&attention.output)
        changeMLPs {
            change(&$0.up)
            change(&$0.down)
        }
    }
}
