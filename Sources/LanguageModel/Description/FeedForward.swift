/// What a layer does with each token by itself: one multilayer perceptron, or a few of many that the token chooses.
package enum FeedForward: Sendable, Equatable {
    case dense(MLPDescription)
    case experts(ExpertsDescription)
}

/// A multilayer perceptron (MLP), plain (act(x·U)·D) or gated (act(x·G) ⊙ (x·U))·D.
package struct MLPDescription: Sendable, Equatable {
    package var gate: LinearDescription?
    package var up: LinearDescription
    package var down: LinearDescription
    package var activation: ActivationFunction
    /// The module of the activation, where it has parameters.
    package var activationModule: String
    /// Where the gate's values are among the outputs of ``up``, if that one linear layer makes both.
    package var fusedGate: FusedGate?

    /// The linear layers that read the MLP's input.
    package var inputLayers: [LinearDescription] { (gate.map { [$0] } ?? []) + [up] }
    /// All linear layers.
    package var linearLayers: [LinearDescription] { inputLayers + [down] }
    /// The outputs of ``up`` that are x·U: its own, or those that are not the gate's.
    package var upRows: [Int] {
        switch fusedGate {
        case nil, .second: Array(0..<down.inputs)
        case .first: Array(down.inputs..<2 * down.inputs)
        case .alternating: (0..<down.inputs).map { 2 * $0 + 1 }
        }
    }
}

/// How one linear layer's outputs are both gate and up.
package enum FusedGate: Sendable, Equatable {
    /// All of the gate, then all of up (Phi-3).
    case first
    /// All of up, then all of the gate (OLMo's own names).
    case second
    /// In turn, the gate first. With clamped values g ≤ limit and |u| ≤ limit they become (u + 1)·g·σ(α·g) (GPT-OSS).
    case alternating(alpha: Float, limit: Float)
}

/// Many MLPs, of which each token goes through a few: those that a router gives the highest scores.
package struct ExpertsDescription: Sendable, Equatable {
    /// The linear layer from d to one score for each expert; it is not compressed.
    package var router: LinearDescription
    /// The experts that a token goes through.
    package var perToken: Int
    package var weighting: ExpertWeighting
    package var experts: [MLPDescription]
    package var shared: SharedExpert?
}

/// What the chosen experts' results are multiplied by before they are added.
package enum ExpertWeighting: Sendable, Equatable {
    /// The softmax of all scores; `normalized` divides it by the sum over those chosen.
    case softmaxOfAll(normalized: Bool)
    /// The softmax of the chosen scores (GPT-OSS).
    case softmaxOfChosen
}

/// An expert that every token goes through, times σ(x·gate) (Qwen 2 MoE).
package struct SharedExpert: Sendable, Equatable {
    package var mlp: MLPDescription
    /// From d to 1; it is not compressed.
    package var gate: LinearDescription
}

extension LayerDescription {
    /// The layer's MLPs: one, or every expert and then the shared one.
    package var mlps: [MLPDescription] {
        switch feedForward {
        case .dense(let mlp): [mlp]
        case .experts(let experts): experts.experts + (experts.shared.map { [$0.mlp] } ?? [])
        }
    }

    /// Every linear layer of the decoder layer that a spec compresses.
    package var linearLayers: [LinearDescription] { attentionLayers + mlps.flatMap(\.linearLayers) }

    package var attentionLayers: [LinearDescription] { attention.projections.linearLayers + [attention.output] }

    /// The modules of all experts that tokens choose.
    package var expertModules: Set<String> {
        guard case .experts(let experts) = feedForward else { return [] }
        return Set(experts.experts.flatMap(\.linearLayers).map(\.module))
    }

    /// The linear layers that choose and weigh experts: they stay as they are.
    var routers: [LinearDescription] {
        guard case .experts(let experts) = feedForward else { return [] }
        return [experts.router] + (experts.shared.map { [$0.gate] } ?? [])
    }

    /// Changes each MLP of the layer.
    mutating func changeMLPs(_ change: (inout MLPDescription) -> Void) {
        switch feedForward {
        case .dense(var mlp):
            change(&mlp)
            feedForward = .dense(mlp)
        case .experts(var experts):
            for index in experts.experts.indices { change(&experts.experts[index]) }
            if var shared = experts.shared {
                change(&shared.mlp)
                experts.shared = shared
            }
            feedForward = .experts(experts)
        }
    }
}
