import Compression
import LanguageModel

/// What turning a model changes in its tensors, so that it computes the same.
///
/// The residual stream x becomes Q·x (R1): what adds to it has its outputs turned, what reads it behind a norm its inputs.
/// A norm's weights w go into the columns of what reads it, so that 1 is left; a bias b becomes Q·(b/w). With a norm that
/// takes the mean away, Q keeps means. Each head's values v become R·v (R2), and what reads them, the attention's last
/// linear layer, has its inputs turned.
struct RotationPlan {
    /// What happens to the weights of modules, and to biases, by the tensors' names, in order.
    private(set) var turns: [String: [TensorTurn]] = [:]
    /// The tensors that are stored inputs by outputs.
    private(set) var transposed: Set<String> = []
    /// Vectors that are replaced.
    private(set) var vectors: [String: [Double]] = [:]

    private let residual: Turn
    private let store: WeightStore

    /// Refuses a model that cannot be turned; `untied` describes it with a head of its own.
    init(_ description: DecoderDescription, untied: DecoderDescription, _ store: WeightStore) throws(LanguageModelError)
    {
        self.store = store
        try Self.check(description)
        let norms =
            description.layers.flatMap { [$0.attentionNorms.before, $0.mlpNorms.before] } + [description.finalNorm]
        let takesMean = norms.contains { $0?.kind == .layer }
        residual = try Turn(size: description.width, takesMean ? .keepsMean : .free, seed: 1, of: "a residual stream")
        write(description.embedding.module + ".weight", .turnRows(residual))
        if let positions = description.embedding.positions {
            write(positions.module + ".weight", .turnRows(residual))
        }
        for layer in description.layers { try turn(layer) }
        try read([untied.head + ".weight"], behind: description.finalNorm)
    }

    private mutating func write(_ name: String, _ turn: TensorTurn) { turns[name, default: []].append(turn) }

    private mutating func turn(_ layer: LayerDescription) throws(LanguageModelError) {
        let attention = layer.attention
        try read(attention.projections.linearLayers, behind: layer.attentionNorms.before)
        try add([attention.output])
        try turnValues(attention)
        var readers = layer.mlps.flatMap(\.inputLayers)
        if case .experts(let experts) = layer.feedForward {
            readers += [experts.router] + (experts.shared.map { [$0.gate] } ?? [])
        }
        try read(readers, behind: layer.mlpNorms.before)
        try add(layer.mlps.map(\.down))
    }

    /// Linear layers that read the residual stream behind a norm.
    private mutating func read(
        _ linearLayers: [LinearDescription], behind norm: NormDescription?
    ) throws(LanguageModelError) {
        for linear in linearLayers where linear.transposed { transposed.insert(linear.module + ".weight") }
        try read(linearLayers.map { $0.module + ".weight" }, behind: norm)
    }

    private mutating func read(_ names: [String], behind norm: NormDescription?) throws(LanguageModelError) {
        let factors = try norm.flatMap { (norm) throws(LanguageModelError) in try fold(norm) }
        for name in names {
            if let factors { write(name, .scaleColumns(factors)) }
            write(name, .turnRows(residual))
        }
    }

    /// A norm's weights, which become 1; nil for one without.
    private mutating func fold(_ norm: NormDescription) throws(LanguageModelError) -> [Double]? {
        guard let module = norm.module else { return nil }
        let weights = try vector(module + ".weight").map { Double($0 + norm.weightOffset) }
        vectors[module + ".weight"] = weights.map { _ in 1 - Double(norm.weightOffset) }
        guard norm.bias else { return weights }
        let bias = try vector(module + ".bias")
        guard zip(weights, bias).allSatisfy({ $0 != 0 || $1 == 0 }) else {
            throw .unsupported(
                key: "rotate", found: "'hadamard' with weights of '\(module)' that are 0 and biases that are not",
                supported: "norms whose weights are not 0")
        }
        var quotients = zip(bias, weights).map { $1 == 0 ? 0 : Double($0) / $1 }
        var span = quotients.mutableSpan
        residual.apply(&span)
        vectors[module + ".bias"] = quotients
        return weights
    }

    /// Linear layers that add to the residual stream.
    private mutating func add(_ linearLayers: [LinearDescription]) throws(LanguageModelError) {
        for linear in linearLayers {
            if linear.transposed { transposed.insert(linear.module + ".weight") }
            write(linear.module + ".weight", .turnColumns(residual))
            if linear.bias { write(linear.module + ".bias", .turnColumns(residual)) }
        }
    }

    /// R2: values of each head, and what reads them.
    private mutating func turnValues(_ attention: AttentionDescription) throws(LanguageModelError) {
        let size = attention.headSize
        let turn = try Turn(size: size, .free, seed: 2, of: "heads")
        let (value, starts): (LinearDescription, [Int])
        switch attention.projections {
        case .separate(_, _, let linear):
            (value, starts) = (linear, (0..<attention.keyValueHeadCount).map { $0 * size })
        case .concatenated(let linear):
            let first = attention.queryWidth + attention.keyValueWidth
            (value, starts) = (linear, (0..<attention.keyValueHeadCount).map { first + $0 * size })
        case .interleaved(let linear):
            let perGroup = attention.headCount / attention.keyValueHeadCount
            (value, starts) = (
                linear, (0..<attention.keyValueHeadCount).map { ($0 * (perGroup + 2) + perGroup + 1) * size }
            )
        }
        write(value.module + ".weight", .turnColumnParts(turn, at: starts))
        if value.bias { write(value.module + ".bias", .turnColumnParts(turn, at: starts)) }
        let inputs = (0..<attention.headCount).map { $0 * size }
        write(attention.output.module + ".weight", .turnRowParts(turn, at: inputs))
    }

    private func vector(_ name: String) throws(LanguageModelError) -> [Float] {
        do { return try store.vector(name) } catch { throw .compression(error) }
    }

    /// Refuses what a turned residual stream, or turned values, would not pass unchanged.
    private static func check(_ description: DecoderDescription) throws(LanguageModelError) {
        func refuse(_ found: String) -> LanguageModelError {
            .unsupported(
                key: "rotate", found: "'hadamard' for \(found)",
                supported: "models whose sublayers read the residual stream behind a norm and add to it as they are")
        }
        if description.embedding.norm != nil { throw refuse("a model that normalizes its embeddings") }
        if description.embedding.projection != nil || description.outputProjection != nil {
            throw refuse("a model that projects its embeddings")
        }
        for layer in description.layers {
            for norms in [layer.attentionNorms, layer.mlpNorms] where norms.after != nil || norms.afterResidual != nil {
                throw refuse("a norm behind '\(layer.module)''s sublayers")
            }
            if layer.attentionNorms.inside != nil { throw refuse("a norm of what '\(layer.module)' attends to") }
            if layer.attention.clip != nil { throw refuse("clamped values of '\(layer.module)'") }
            if layer.linearLayers.contains(where: { $0.bitLinear != nil }) { throw refuse("ternary weights") }
        }
    }
}
