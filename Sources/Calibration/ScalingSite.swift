package import LanguageModel
import Vectors

/// A place of a layer where factors of channels can move from what makes the channels into the linear layers that read
/// them, without a change of what the layer computes.
package struct ScalingSite: Sendable, Equatable {
    /// Whose channels they are.
    package enum Place: String, Sendable, CaseIterable {
        /// What queries, keys and values are made of.
        case attentionInput
        /// What the attention's output projection is given.
        case attentionOutput
        case mlpInput
        /// What the MLP's last linear layer is given.
        case mlpOutput
    }

    /// What is divided by the factors.
    package enum Source: Sendable, Equatable {
        /// A norm's weight and bias.
        case norm(NormDescription)
        /// Rows of a linear layer's weight and bias; which, ``ScalingSite/channels`` says.
        case rows(LinearDescription)
    }

    package let place: Place
    /// The linear layers whose columns are multiplied.
    package let linearLayers: [LinearDescription]
    package let source: Source
    /// For each input of the linear layers the source's element or row that makes it: inputs that share one share a factor.
    package let channels: [Int]
}

/// Why the linear layers of a place keep their columns as they are.
package struct UnscaledPlace: Sendable, Equatable {
    package let linearLayers: [LinearDescription]
    package let reason: String
}

extension LayerDescription {
    /// The layer's places from its end to its beginning, so that a source's rows are scaled before its columns are.
    package var scalingPlaces: [ScalingPlace] {
        mlps.map { .behindActivation(self, $0) } + [.mlpInput(self), .attentionOutput(self), .attentionInput(self)]
    }

    /// The modules of all norms, with those that occur twice.
    fileprivate var normModules: [String] {
        [attentionNorms, mlpNorms].flatMap { [$0.before, $0.inside, $0.after, $0.afterResidual] }
            .compactMap { $0?.module }
    }
}

/// A place of a layer: one where factors can move, or why it does not.
package enum ScalingPlace: Sendable, Equatable {
    case site(ScalingSite)
    case unscaled(UnscaledPlace)

    fileprivate static func attentionInput(_ layer: LayerDescription) -> ScalingPlace {
        behind(layer, layer.attentionNorms.before, layer.attention.projections.linearLayers, .attentionInput)
    }

    fileprivate static func attentionOutput(_ layer: LayerDescription) -> ScalingPlace {
        let attention = layer.attention
        if let norm = layer.attentionNorms.inside { return behind(layer, norm, [attention.output], .attentionOutput) }
        guard attention.clip == nil else {
            return .unscaled(.init(linearLayers: [attention.output], reason: "values are clamped"))
        }
        let (linear, channels) = attention.valueRows
        return .site(
            ScalingSite(
                place: .attentionOutput, linearLayers: [attention.output], source: .rows(linear), channels: channels))
    }

    fileprivate static func mlpInput(_ layer: LayerDescription) -> ScalingPlace {
        let linearLayers = layer.mlps.flatMap(\.inputLayers)
        if case .experts = layer.feedForward {
            return .unscaled(.init(linearLayers: linearLayers, reason: "a router reads the norm in front as well"))
        }
        return behind(layer, layer.mlpNorms.before, linearLayers, .mlpInput)
    }

    /// What an MLP's last linear layer is given.
    fileprivate static func behindActivation(_ layer: LayerDescription, _ mlp: MLPDescription) -> ScalingPlace {
        if let norm = layer.mlpNorms.inside { return behind(layer, norm, [mlp.down], .mlpOutput) }
        guard mlp.passesScales else {
            return .unscaled(.init(linearLayers: [mlp.down], reason: "the activation does not pass scales on"))
        }
        return .site(
            ScalingSite(
                place: .mlpOutput, linearLayers: [mlp.down], source: .rows(mlp.up), channels: mlp.upRows))
    }

    /// Maps behind a norm, which can be divided if it has parameters and nothing else reads it.
    private static func behind(
        _ layer: LayerDescription, _ norm: NormDescription?, _ linearLayers: [LinearDescription],
        _ place: ScalingSite.Place
    ) -> ScalingPlace {
        guard let norm else { return .unscaled(.init(linearLayers: linearLayers, reason: "no norm stands in front")) }
        guard let module = norm.module else {
            return .unscaled(.init(linearLayers: linearLayers, reason: "the norm in front has no parameters"))
        }
        guard layer.normModules.filter({ $0 == module }).count == 1 else {
            return .unscaled(.init(linearLayers: linearLayers, reason: "the norm in front is shared"))
        }
        return .site(
            ScalingSite(place: place, linearLayers: linearLayers, source: .norm(norm), channels: Array(0..<norm.width)))
    }
}

extension AttentionDescription {
    /// The linear layer that makes values, and for each input of the output projection the row of it that makes that input: a query
    /// head's inputs come from the value head of its group.
    fileprivate var valueRows: (linear: LinearDescription, rows: [Int]) {
        let perGroup = headCount / keyValueHeadCount
        func rows(_ first: (_ valueHead: Int) -> Int) -> [Int] {
            (0..<queryWidth).map { first($0 / headSize / perGroup) + $0 % headSize }
        }
        switch projections {
        case .separate(_, _, let value): return (value, rows { $0 * headSize })
        case .interleaved(let linear):
            return (linear, rows { ((perGroup + 2) * $0 + perGroup + 1) * headSize })
        case .concatenated(let linear): return (linear, rows { queryWidth + keyValueWidth + $0 * headSize })
        }
    }
}

extension MLPDescription {
    /// Whether factors of the up projection's outputs are factors of the MLP's inner values.
    fileprivate var passesScales: Bool {
        switch fusedGate {
        case .first, .second: true
        case .alternating: false
        case nil: gate != nil || activation.passesScales
        }
    }
}

extension ActivationFunction {
    /// Whether f(x·s) = f(x)·s for s > 0.
    var passesScales: Bool {
        switch self {
        case .vectorized(let function): function == .relu
        case .plain(let function): function == .leakyRelu || function == .identity
        case .learned: false
        }
    }
}
