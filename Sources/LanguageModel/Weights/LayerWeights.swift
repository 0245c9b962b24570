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
    /// A score for each query head that belongs to no key.
    let sinks: [Float]?
    private(set) var feedForward: FeedForwardWeights
    let mlpNorms: Norms
    /// Whether the linear layers are packed, those of experts excepted, so that a few rows at a time can go through them.
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
        queryNorm = try binding.norm(attention.queryNorm)
        keyNorm = try binding.norm(attention.keyNorm)
        sinks = try attention.sinks.map { (tensor) throws(LanguageModelError) in try binding.vector(tensor) }
        output = try binding.linear(attention.output)
        attentionNorms = try Self.norms(layer.attentionNorms, binding)
        feedForward = try FeedForwardWeights(layer.feedForward, binding)
        mlpNorms = try Self.norms(layer.mlpNorms, binding)
        try Self.checkRounding(zip(attention.projections.linearLayers, projections.map(\.linear)))
    }

    /// Packs all linear layers, if that is worth while for so many rows.
    mutating func prepack(forRows rows: Int) {
        let linearLayers = projections.map(\.linear) + [output] + feedForward.alwaysUsed
        let count = linearLayers.reduce(0) { $0 + $1.weight.rows * $1.weight.columns }
        guard PrepackedWeight.isWorthwhile(weights: count, rows: rows) else { return }
        for index in projections.indices { projections[index].linear.prepack() }
        output.prepack()
        feedForward.prepack()
    }

    /// Maps that share an input must round it alike: it is rounded once.
    static func checkRounding(
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
