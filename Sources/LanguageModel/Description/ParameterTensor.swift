/// A tensor of parameters that a model has, under the name it has where it is stored plainly.
package struct ParameterTensor: Sendable, Equatable {
    /// The part of a model that parameters belong to: N counts the inner ones.
    package enum Role: Sendable, Equatable { case tokenEmbedding, positionEmbedding, outputHead, inner }

    package let module: String
    /// `weight`, `bias`, or what else follows the module's name and a dot.
    package let piece: String
    /// Elements.
    package let count: Int
    package var role = Role.inner

    package var name: String { "\(module).\(piece)" }

    /// The bias of an output head.
    static func headBias(_ module: String, count: Int) -> ParameterTensor {
        ParameterTensor(module: module, piece: "bias", count: count, role: .outputHead)
    }
}

extension DecoderDescription {
    /// All parameters of the model, each tensor once, whatever parts share it.
    package var parameters: [ParameterTensor] {
        var seen: Set<String> = []
        return (ends + layers.flatMap(\.parameters) + (finalNorm?.parameters ?? [])).filter {
            seen.insert($0.name).inserted
        }
    }

    /// What stands in front of the layers and behind them; a tied head is the embedding.
    private var ends: [ParameterTensor] {
        let vocabulary = vocabularySize * embedding.width
        var tensors = [
            ParameterTensor(module: embedding.module, piece: "weight", count: vocabulary, role: .tokenEmbedding),
            ParameterTensor(module: head, piece: "weight", count: vocabulary, role: .outputHead),
        ]
        if let headBias { tensors.append(headBias) }
        if let positions = embedding.positions {
            let count = (positions.count + positions.offset) * width
            tensors.append(
                ParameterTensor(module: positions.module, piece: "weight", count: count, role: .positionEmbedding))
        }
        for projection in [embedding.projection, outputProjection] { tensors += projection?.parameters ?? [] }
        return tensors + (embedding.norm?.parameters ?? [])
    }
}

extension LayerDescription {
    var parameters: [ParameterTensor] {
        (linearLayers + routers).flatMap(\.parameters) + norms.flatMap(\.parameters)
            + mlps.flatMap(\.activationParameters) + (attention.sinks.map { [$0] } ?? [])
    }

    /// Parameters that a token does not meet: those of the experts that it does not choose.
    var idleParameterCount: Int {
        guard case .experts(let experts) = feedForward, let first = experts.experts.first else { return 0 }
        let one = first.linearLayers.flatMap(\.parameters) + first.activationParameters
        return (experts.experts.count - experts.perToken) * one.reduce(0) { $0 + $1.count }
    }

    /// Every norm of the layer, those of queries and keys among them.
    private var norms: [NormDescription] {
        [attention.queryNorm, attention.keyNorm].flatMap { $0?.stored ?? [] } + attentionNorms.all + mlpNorms.all
    }
}

extension SublayerNorms {
    /// The norms that are there.
    package var all: [NormDescription] { [before, inside, after, afterResidual].compactMap(\.self) }
}

extension LinearDescription {
    var parameters: [ParameterTensor] {
        [ParameterTensor(module: module, piece: "weight", count: inputs * outputs)]
            + (bias ? [ParameterTensor(module: module, piece: "bias", count: outputs)] : [])
    }
}

extension NormDescription {
    var parameters: [ParameterTensor] {
        guard let module else { return [] }
        return (["weight"] + (bias ? ["bias"] : [])).map {
            ParameterTensor(module: module, piece: $0, count: width)
        }
    }
}

extension MLPDescription {
    /// One number each.
    fileprivate var activationParameters: [ParameterTensor] {
        guard case .learned(let function) = activation else { return [] }
        return function.kind.tensors.map { ParameterTensor(module: activationModule, piece: $0, count: 1) }
    }

    /// The names of the activation's constants, which a checkpoint may hold.
    var activationBuffers: [String] {
        guard case .learned(let function) = activation else { return [] }
        return function.kind.buffers.map { "\(activationModule).\($0)" }
    }
}
