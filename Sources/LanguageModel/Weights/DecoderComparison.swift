extension DecoderDescription {
    /// The first way in which another model differs, nil if the two compute the same function of their weights.
    ///
    /// Names of tensors do not count: one checkpoint of a model may store a tied head twice, or leave a prefix out. Nor
    /// does the form in which weights are stored.
    func difference(from other: DecoderDescription) -> String? {
        let (mine, theirs) = (withoutNames, other.withoutNames.sayingRotary(as: self))
        if mine == theirs { return nil }
        if modelType != other.modelType { return "it is of the family '\(other.modelType)', not '\(modelType)'" }
        if width != other.width { return "its width is \(other.width), not \(width)" }
        if vocabularySize != other.vocabularySize {
            return "its vocabulary has \(other.vocabularySize) tokens, not \(vocabularySize)"
        }
        if layers.count != other.layers.count { return "it has \(other.layers.count) layers, not \(layers.count)" }
        if let index = mine.layers.indices.first(where: { mine.layers[$0] != theirs.layers[$0] }) {
            return "its layer '\(other.layers[index].module)' is made differently"
        }
        return "its embedding, final norm or head is made differently"
    }

    /// The same with another's words for rotations that are equal: Llama 3's scaling is a list of factors in some files.
    private func sayingRotary(as other: DecoderDescription) -> DecoderDescription {
        var copy = self
        for (index, layer) in zip(layers.indices, other.layers) {
            guard let mine = layers[index].attention.rotary, let theirs = layer.attention.rotary else { continue }
            if mine.turns(like: theirs) { copy.layers[index].attention.rotary = theirs }
        }
        return copy
    }

    private var withoutNames: DecoderDescription {
        var copy = self
        copy.modelType = ""
        copy.buffers = []
        copy.embedding.module = ""
        copy.embedding.projection = embedding.projection?.withoutNames
        copy.embedding.positions?.module = ""
        copy.embedding.norm = embedding.norm?.withoutNames
        copy.layers = layers.map(\.withoutNames)
        copy.finalNorm = finalNorm?.withoutNames
        copy.outputProjection = outputProjection?.withoutNames
        copy.head = ""
        copy.tiesHead = false
        return copy
    }
}

extension RotaryDescription {
    /// Whether the same entries turn by the same angles, but for rounding, in short sequences and in long ones.
    fileprivate func turns(like other: RotaryDescription) -> Bool {
        guard size == other.size, pairsNeighbors == other.pairsNeighbors, amplitude == other.amplitude else {
            return false
        }
        return [1, 1 << 24].allSatisfy { context in
            zip(frequencies(context: context), other.frequencies(context: context)).allSatisfy { mine, theirs in
                abs(mine - theirs) <= 2e-6 * max(mine, theirs)
            }
        }
    }
}

extension LinearDescription {
    fileprivate var withoutNames: LinearDescription {
        var copy = self
        copy.module = ""
        copy.bitLinear = nil
        copy.stack = []
        return copy
    }
}

extension MLPDescription {
    fileprivate var withoutNames: MLPDescription {
        var copy = self
        copy.gate = gate?.withoutNames
        copy.up = up.withoutNames
        copy.down = down.withoutNames
        copy.activationModule = ""
        return copy
    }
}

extension NormDescription {
    fileprivate var withoutNames: NormDescription { module == nil ? self : named("") }
}

extension SublayerNorms {
    fileprivate var withoutNames: SublayerNorms {
        SublayerNorms(
            before: before?.withoutNames, inside: inside?.withoutNames, after: after?.withoutNames,
            afterResidual: afterResidual?.withoutNames)
    }
}

extension LayerDescription {
    fileprivate var withoutNames: LayerDescription {
        var copy = self
        copy.module = ""
        copy.attention.projections = attention.projections.withoutNames
        copy.attention.output = attention.output.withoutNames
        copy.attention.queryNorm?.norm.module = ""
        copy.attention.keyNorm?.norm.module = ""
        copy.attention.sinks = attention.sinks.map { ParameterTensor(module: "", piece: "", count: $0.count) }
        copy.attentionNorms = attentionNorms.withoutNames
        copy.changeMLPs { $0 = $0.withoutNames }
        if case .experts(var experts) = copy.feedForward {
            experts.router = experts.router.withoutNames
            if let gate = experts.shared?.gate { experts.shared?.gate = gate.withoutNames }
            copy.feedForward = .experts(experts)
        }
        copy.mlpNorms = mlpNorms.withoutNames
        return copy
    }
}

extension AttentionProjections {
    fileprivate var withoutNames: AttentionProjections {
        switch self {
        case .separate(let query, let key, let value):
            .separate(query: query.withoutNames, key: key.withoutNames, value: value.withoutNames)
        case .interleaved(let linear): .interleaved(linear.withoutNames)
        case .concatenated(let linear): .concatenated(linear.withoutNames)
        }
    }
}
