import Compression
import Kernels

/// The weights of one layer of one variant; the only ones in use while the layer runs.
struct LayerWeights: Sendable {
    struct Norms: Sendable {
        let before, inside, after, afterResidual: BoundNorm?
    }

    /// Queries, keys and values: each linear layer with the first column of its outputs.
    private(set) var projections: [(linear: BoundLinear, firstColumn: Int)]
    let queryNorm: BoundNorm?
    let keyNorm: BoundNorm?
    private(set) var output: BoundLinear
    let attentionNorms: Norms
    private(set) var gate: BoundLinear?
    private(set) var up: BoundLinear
    private(set) var down: BoundLinear
    let activation: ActivationFunction
    let mlpNorms: Norms
    /// Whether all linear layers are packed, so that a few rows at a time can go through them.
    var arePrepacked: Bool { output.prepacked != nil }

    init(_ layer: LayerDescription, _ binding: WeightBinding) throws(LanguageModelError) {
        let attention = layer.attention
        switch attention.projections {
        case .interleaved(let linear), .concatenated(let linear): projections = [(try binding.linear(linear), 0)]
        case .separate(let query, let key, let value):
            projections = [
                (try binding.linear(query), 0), (try binding.linear(key), attention.queryWidth),
                (try binding.linear(value), attention.queryWidth + attention.keyValueWidth),
            ]
        }
        queryNorm = try binding.norm(attention.queryNorm?.norm)
        keyNorm = try binding.norm(attention.keyNorm?.norm)
        output = try binding.linear(attention.output)
        attentionNorms = try Self.norms(layer.attentionNorms, binding)
        gate = try layer.mlp.gate.map { (gate) throws(LanguageModelError) in try binding.linear(gate) }
        up = try binding.linear(layer.mlp.up)
        down = try binding.linear(layer.mlp.down)
        activation = try binding.activation(layer.mlp)
        mlpNorms = try Self.norms(layer.mlpNorms, binding)
        try Self.checkRounding(zip(attention.projections.linearLayers, projections.map(\.linear)))
        if let gate, let description = layer.mlp.gate {
            try Self.checkRounding([(description, gate), (layer.mlp.up, up)])
        }
    }

    /// Packs all linear layers, if that is worth while for so many rows.
    mutating func prepack(forRows rows: Int) {
        let linearLayers = projections.map(\.linear) + [output, up, down] + (gate.map { [$0] } ?? [])
        let count = linearLayers.reduce(0) { $0 + $1.weight.rows * $1.weight.columns }
        guard PrepackedWeight.isWorthwhile(weights: count, rows: rows) else { return }
        for index in projections.indices { projections[index].linear.prepack() }
        output.prepack()
        gate?.prepack()
        up.prepack()
        down.prepack()
    }

    /// Maps that share an input must round it alike: it is rounded once.
    private static func checkRounding(
        _ linearLayers: some Sequence<(LinearDescription, BoundLinear)>
    ) throws(LanguageModelError) {
        let linearLayers = Array(linearLayers)
        for (description, linear) in linearLayers.dropFirst() where linear.rounding != linearLayers[0].1.rounding {
            throw .unsupported(
                key: "quantization_config",
                found: "'\(linearLayers[0].0.module)' and '\(description.module)' rounding differently",
                supported: "one rule for linear layers that share an input")
        }
    }

    private static func norms(
        _ norms: SublayerNorms, _ binding: WeightBinding
    ) throws(LanguageModelError) -> Norms {
        Norms(
            before: try binding.norm(norms.before), inside: try binding.norm(norms.inside),
            after: try binding.norm(norms.after), afterResidual: try binding.norm(norms.afterResidual))
    }
}
