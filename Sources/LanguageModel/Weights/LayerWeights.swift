import Compression
import Kernels

/// The weights of one layer of one variant; the only ones in use while the layer runs.
struct LayerWeights: Sendable {
    struct Norms: Sendable {
        let before, inside, after, afterResidual: BoundNorm?
    }

    /// Queries, keys and values: each map with the first column of its outputs.
    private(set) var projections: [(map: BoundLinear, firstColumn: Int)]
    let queryNorm: BoundNorm?
    let keyNorm: BoundNorm?
    private(set) var output: BoundLinear
    let attentionNorms: Norms
    private(set) var gate: BoundLinear?
    private(set) var up: BoundLinear
    private(set) var down: BoundLinear
    let activation: ActivationFunction
    let perceptronNorms: Norms
    /// Whether all maps are packed, so that a few rows at a time can go through them.
    var areKept: Bool { output.kept != nil }

    init(_ layer: LayerDescription, _ binding: WeightBinding) throws(LanguageModelError) {
        let attention = layer.attention
        switch attention.projections {
        case .interleaved(let map), .concatenated(let map): projections = [(try binding.linear(map), 0)]
        case .separate(let query, let key, let value):
            projections = [
                (try binding.linear(query), 0), (try binding.linear(key), attention.queryWidth),
                (try binding.linear(value), attention.queryWidth + attention.keyWidth),
            ]
        }
        queryNorm = try binding.norm(attention.queryNorm?.norm)
        keyNorm = try binding.norm(attention.keyNorm?.norm)
        output = try binding.linear(attention.output)
        attentionNorms = try Self.norms(layer.attentionNorms, binding)
        gate = try layer.perceptron.gate.map { (gate) throws(LanguageModelError) in try binding.linear(gate) }
        up = try binding.linear(layer.perceptron.up)
        down = try binding.linear(layer.perceptron.down)
        activation = try binding.activation(layer.perceptron)
        perceptronNorms = try Self.norms(layer.perceptronNorms, binding)
        try Self.checkRounding(zip(attention.projections.maps, projections.map(\.map)))
        if let gate, let description = layer.perceptron.gate {
            try Self.checkRounding([(description, gate), (layer.perceptron.up, up)])
        }
    }

    /// Packs all maps, if that is worth while for so many rows.
    mutating func keep(rows: Int) {
        let maps = projections.map(\.map) + [output, up, down] + (gate.map { [$0] } ?? [])
        let count = maps.reduce(0) { $0 + $1.weight.rows * $1.weight.columns }
        guard KeptWeight.isWorthwhile(weights: count, rows: rows) else { return }
        for index in projections.indices { projections[index].map.keep() }
        output.keep()
        gate?.keep()
        up.keep()
        down.keep()
    }

    /// Maps that share an input must round it alike: it is rounded once.
    private static func checkRounding(
        _ maps: some Sequence<(LinearDescription, BoundLinear)>
    ) throws(LanguageModelError) {
        let maps = Array(maps)
        for (description, map) in maps.dropFirst() where map.rounding != maps[0].1.rounding {
            throw .unsupported(
                key: "quantization_config",
                found: "'\(maps[0].0.module)' and '\(description.module)' rounding differently",
                supported: "one rule for maps that share an input")
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
