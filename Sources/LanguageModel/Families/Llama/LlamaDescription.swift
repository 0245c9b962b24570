extension LlamaForm {
    /// The model as the form says.
    func description(tiedByDefault: Bool = false) throws(LanguageModelError) -> DecoderDescription {
        let prefix = settings.prefix(names.body, of: "embed_tokens")
        let ends = try settings.embeddingAndHead(
            embedding: prefix + "embed_tokens", heads: ["lm_head"], tiedByDefault: tiedByDefault)
        var model = DecoderDescription(
            vocabularySize: vocabularySize, width: width,
            embedding: EmbeddingDescription(module: ends.embedding, width: width, scale: embeddingScale),
            layers: (0..<layerCount).map { layer(prefix + "layers.\($0)", index: $0) },
            finalNorm: named(norm, prefix + names.finalNorm), head: ends.head, tiesHead: ends.tied)
        model.logitScale = logitScale
        model.logitSoftCap = logitSoftCap
        if hasHeadBias { model.headBias = .headBias("lm_head", count: vocabularySize) }
        return model
    }

    private func layer(_ module: String, index: Int) -> LayerDescription {
        let inner = hasInnerNorms
        return LayerDescription(
            module: module, attention: attention(module + ".self_attn.", index: index),
            attentionNorms: norms(
                module, before: names.attentionNorm, inside: inner ? "self_attn.attn_sub_norm" : nil,
                insideWidth: headCount * headSize, after: names.afterAttention),
            feedForward: experts?.feedForward(module, index: index, self)
                ?? .dense(mlp(module + ".mlp.", inner: intermediateSize)),
            mlpNorms: norms(
                module, before: isParallel ? names.attentionNorm : names.mlpNorm,
                inside: inner ? "mlp.ffn_sub_norm" : nil, insideWidth: intermediateSize, after: names.afterMLP),
            parallel: isParallel, residualScale: residualScale)
    }

    private func attention(_ prefix: String, index: Int) -> AttentionDescription {
        let window = slidingWindows[index]
        let rotation = window == nil ? rotary : slidingRotary ?? rotary
        var attention = AttentionDescription(
            headCount: headCount, keyValueHeadCount: keyValueHeadCount, headSize: headSize,
            projections: projections(prefix),
            output: linear(prefix + names.output, headCount * headSize, width, bias: outputBias),
            queryNorm: headNorm(prefix + names.queryNorm, heads: headCount),
            keyNorm: headNorm(prefix + names.keyNorm, heads: keyValueHeadCount), clip: clip,
            rotary: layersWithoutRotation.contains(index) ? nil : rotation, slidingWindow: window, scale: scale)
        attention.softCap = softCap
        attention.clipsBehindNorms = clipsBehindNorms
        if hasSinks {
            attention.sinks = ParameterTensor(module: String(prefix.dropLast()), piece: "sinks", count: headCount)
        }
        return attention
    }

    private func projections(_ prefix: String) -> AttentionProjections {
        let (queryWidth, keyValueWidth) = (headCount * headSize, keyValueHeadCount * headSize)
        if let fused = names.fusedAttention {
            return .concatenated(linear(prefix + fused, width, queryWidth + 2 * keyValueWidth, bias: queryBias))
        }
        return .separate(
            query: linear(prefix + "q_proj", width, queryWidth, bias: queryBias),
            key: linear(prefix + "k_proj", width, keyValueWidth, bias: queryBias),
            value: linear(prefix + "v_proj", width, keyValueWidth, bias: queryBias))
    }

    /// An MLP of `inner` values.
    func mlp(_ prefix: String, inner: Int) -> MLPDescription {
        if let fused = names.fusedMLP {
            return MLPDescription(
                up: linear(prefix + fused, width, 2 * inner, bias: mlpBias),
                down: linear(prefix + names.down, inner, width, bias: mlpBias), activation: activation,
                activationModule: prefix + names.activation, fusedGate: .first)
        }
        return MLPDescription(
            gate: isGated ? linear(prefix + names.gate, width, inner, bias: mlpBias) : nil,
            up: linear(prefix + names.up, width, inner, bias: mlpBias),
            down: linear(prefix + names.down, inner, width, bias: mlpBias), activation: activation,
            activationModule: prefix + names.activation)
    }

    private func norms(
        _ module: String, before: String, inside: String?, insideWidth: Int, after: String
    ) -> SublayerNorms {
        let inner = inside.map { named(norm.resized(insideWidth), "\(module).\($0)") }
        return SublayerNorms(
            before: placement == .after ? nil : named(norm, "\(module).\(before)"), inside: inner,
            after: placement == .before ? nil : named(norm, "\(module).\(after)"))
    }

    private func named(_ norm: NormDescription, _ module: String) -> NormDescription {
        normsHaveParameters ? norm.named(module) : norm
    }

    private func headNorm(_ module: String, heads: Int) -> HeadNorm? {
        switch headNorm {
        case .none: nil
        case .perHead: HeadNorm(norm: norm.resized(headSize).named(module), perHead: true)
        case .overAll: HeadNorm(norm: norm.resized(heads * headSize).named(module), perHead: false)
        case .ownForEachHead: HeadNorm(norm: norm.resized(heads * headSize).named(module), perHead: true)
        case .ownModuleForEachHead:
            HeadNorm(norm: withoutBias(norm.resized(heads * headSize).named(module)), perHead: true, parts: heads)
        }
    }

    private func withoutBias(_ norm: NormDescription) -> NormDescription {
        var norm = norm
        norm.bias = false
        return norm
    }

    func linear(_ module: String, _ inputs: Int, _ outputs: Int, bias: Bool) -> LinearDescription {
        LinearDescription(module: module, inputs: inputs, outputs: outputs, bias: bias, bitLinear: bitLinear)
    }
}
