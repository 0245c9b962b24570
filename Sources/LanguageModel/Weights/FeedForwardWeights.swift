import Compression
import Kernels

/// The weights of a feed-forward network.
enum FeedForwardWeights: Sendable {
    case dense(MLPWeights)
    case experts(ExpertsWeights)

    init(_ feedForward: FeedForward, _ binding: WeightBinding) throws(LanguageModelError) {
        switch feedForward {
        case .dense(let mlp): self = .dense(try MLPWeights(mlp, binding))
        case .experts(let experts): self = .experts(try ExpertsWeights(experts, binding))
        }
    }

    /// The linear layers that all rows of a layer pass together.
    var alwaysUsed: [BoundLinear] {
        if case .dense(let mlp) = self { mlp.linearLayers } else { [] }
    }

    mutating func prepack() {
        guard case .dense(var mlp) = self else { return }
        mlp.prepack()
        self = .dense(mlp)
    }
}

/// The weights of one MLP.
struct MLPWeights: Sendable {
    private(set) var gate: BoundLinear?
    private(set) var up: BoundLinear
    private(set) var down: BoundLinear
    let activation: ActivationFunction

    var linearLayers: [BoundLinear] { (gate.map { [$0] } ?? []) + [up, down] }

    init(_ mlp: MLPDescription, _ binding: WeightBinding) throws(LanguageModelError) {
        gate = try mlp.gate.map { (gate) throws(LanguageModelError) in try binding.linear(gate) }
        up = try binding.linear(mlp.up)
        down = try binding.linear(mlp.down)
        activation = try binding.activation(mlp)
        if let gate, let description = mlp.gate {
            try LayerWeights.checkRounding([(description, gate), (mlp.up, up)])
        }
    }

    mutating func prepack() {
        gate?.prepack()
        up.prepack()
        down.prepack()
    }
}

/// The weights of experts and of what chooses among them.
struct ExpertsWeights: Sendable {
    let router: BoundLinear
    let experts: [MLPWeights]
    let shared: MLPWeights?
    let sharedGate: BoundLinear?

    init(_ description: ExpertsDescription, _ binding: WeightBinding) throws(LanguageModelError) {
        router = try binding.linear(description.router)
        var experts: [MLPWeights] = []
        for expert in description.experts { experts.append(try MLPWeights(expert, binding)) }
        self.experts = experts
        shared = try description.shared.map { (shared) throws(LanguageModelError) in try MLPWeights(shared.mlp, binding)
        }
        sharedGate = try description.shared.map { (shared) throws(LanguageModelError) in try binding.linear(shared.gate)
        }
        for linear in [description.router] + (description.shared.map { [$0.gate] } ?? []) {
            try binding.refuseRounding(linear.module)
        }
    }
}
