package import JSON

extension Method {
    /// Weights stay as they are.
    package static let unchanged = Method(
        "none", title: "uncompressed", summary: "leaves weights as they are, for what other keys say; no data needed",
        formats: .stored,
        check: { (spec) throws(CompressionError) in
            guard spec.options.activations == nil else {
                throw SpecKey.activations.refusal(
                    spec.options.activations?.json.canonicalText ?? "missing", allowed: "left out for none")
            }
            guard spec.options.cache != nil || spec.options.rotation != nil || !spec.parts.isEmpty else {
                throw .missingKey(
                    SpecKey.cache.name,
                    allowed: SpecKey.cache.allowed + ", or '\(SpecKey.rotate.name)' or '\(SpecKey.modules.name)' given")
            }
        }, compressor: Unchanged())
}

/// Makes nothing of weights: the checkpoint's own tensors are written, as those are that are not compressed.
package struct Unchanged: SingleSpecCompressor {
    package func layout(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> [StoredLayout] { [] }

    package func configuration(_ spec: Spec, ignored: [String]) -> JSONObject { JSONObject() }

    package func compress(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> CompressedWeight {
        CompressedWeight(tensors: [], matrix: layer.weight)
    }
}
