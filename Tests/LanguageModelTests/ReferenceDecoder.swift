import Compression
import Foundation
import Kernels
import LanguageModel
import Vectors

/// The forward pass as a textbook writes it: one token after the other in Double, no blocks, no sharing, no kernels.
struct ReferenceDecoder {
    let description: DecoderDescription
    /// What keys and values are rounded to.
    var cache: CacheFormat?
    private let vectors: [String: [Double]]
    private let matrices: [String: [[Double]]]

    init(description: DecoderDescription, tensors: [String: (shape: [Int], values: [Float])]) {
        self.description = description
        vectors = tensors.mapValues { $0.values.map { Double($0) } }
        matrices = tensors.filter { $0.value.shape.count == 2 }.mapValues { shape, values in
            (0..<shape[0]).map { row in values[row * shape[1]..<(row + 1) * shape[1]].map { Double($0) } }
        }
    }

    /// −ln p of each token of a window but the first.
    func negativeLogLikelihoods(_ tokens: [UInt32]) -> [Double] {
        var hidden = tokens.indices.map { embed(Int(tokens[$0]), position: $0) }
        for layer in description.layers { run(layer, &hidden) }
        return (0..<tokens.count - 1).map { position in
            var row = norm(hidden[position], description.finalNorm)
            if let projection = description.outputProjection { row = linear(row, projection) }
            let logits = logits(row)
            let largest = logits.max() ?? 0
            let total = logits.reduce(0) { $0 + exp($1 - largest) }
            return largest + log(total) - logits[Int(tokens[position + 1])]
        }
    }

    private func logits(_ row: [Double]) -> [Double] {
        var logits = matrix(description.head + ".weight").map { dot($0, row) * Double(description.logitScale) }
        if let bias = description.headBias { logits = add(logits, vector(bias.name)) }
        guard let cap = description.logitSoftCap.map(Double.init) else { return logits }
        return logits.map { cap * tanh($0 / cap) }
    }

    private func embed(_ token: Int, position: Int) -> [Double] {
        let embedding = description.embedding
        var row = matrix(embedding.module + ".weight")[token]
        if let projection = embedding.projection { row = linear(row, projection) }
        row = row.map { $0 * Double(embedding.scale) }
        if let positions = embedding.positions {
            row = add(row, matrix(positions.module + ".weight")[position + positions.offset])
        }
        return norm(row, embedding.norm)
    }

    private func run(_ layer: LayerDescription, _ hidden: inout [[Double]]) {
        func scaled(_ row: [Double]) -> [Double] { row.map { $0 * Double(layer.residualScale) } }
        let attended = attend(layer, hidden).map(scaled)
        if layer.parallel {
            hidden = hidden.indices.map { add(hidden[$0], add(attended[$0], scaled(runMLP(layer, hidden[$0])))) }
        } else {
            hidden = hidden.indices.map { norm(add(hidden[$0], attended[$0]), layer.attentionNorms.afterResidual) }
            hidden = hidden.map { norm(add($0, scaled(runMLP(layer, $0))), layer.mlpNorms.afterResidual) }
        }
    }

    private func attend(_ layer: LayerDescription, _ hidden: [[Double]]) -> [[Double]] {
        let attention = layer.attention
        let heads = hidden.enumerated().map { position, row in
            headVectors(attention, norm(row, layer.attentionNorms.before), position: position, count: hidden.count)
        }
        return hidden.indices.map { position in
            var row: [Double] = []
            for head in 0..<attention.headCount {
                let group = head * attention.keyValueHeadCount / attention.headCount
                let first = attention.slidingWindow.map { max(0, position - $0 + 1) } ?? 0
                let slope = attention.positionBias.map { Double($0.slopes[head]) } ?? 0
                let scores = (first...position).map { key in
                    var score = Double(attention.scale) * dot(heads[position].queries[head], heads[key].keys[group])
                    if let cap = attention.softCap.map(Double.init) { score = cap * tanh(score / cap) }
                    return score + slope * biasScale(attention) * Double(key - position)
                }
                let sink = attention.sinks.map { vector($0.name)[head] }
                let largest = max(scores.max() ?? 0, sink ?? -.infinity)
                let weights = scores.map { exp($0 - largest) }
                let total = weights.reduce(sink.map { exp($0 - largest) } ?? 0, +)
                var sum = Array(repeating: 0.0, count: attention.headSize)
                for (index, weight) in weights.enumerated() {
                    sum = add(sum, heads[first + index].values[group].map { $0 * weight / total })
                }
                row += sum
            }
            return norm(linear(norm(row, layer.attentionNorms.inside), attention.output), layer.attentionNorms.after)
        }
    }

    /// Falcon scales ALiBi as it scales scores.
    private func biasScale(_ attention: AttentionDescription) -> Double {
        if case .falcon(let scale)? = attention.positionBias?.form { Double(scale) } else { 1 }
    }

    private func headVectors(
        _ attention: AttentionDescription, _ row: [Double], position: Int, count: Int
    ) -> (queries: [[Double]], keys: [[Double]], values: [[Double]]) {
        let size = attention.headSize
        func split(_ row: [Double]) -> [[Double]] {
            stride(from: 0, to: row.count, by: size).map { Array(row[$0..<$0 + size]) }
        }
        var queries: [[Double]]
        var keys: [[Double]]
        var values: [[Double]]
        switch attention.projections {
        case .interleaved(let fused):
            let parts = split(linear(row, fused))
            let perGroup = attention.headCount / attention.keyValueHeadCount
            let groups = stride(from: 0, to: parts.count, by: perGroup + 2)
            queries = groups.flatMap { parts[$0..<$0 + perGroup] }
            keys = groups.map { parts[$0 + perGroup] }
            values = groups.map { parts[$0 + perGroup + 1] }
        case .concatenated(let fused):
            let parts = split(linear(row, fused))
            let (count, keyCount) = (attention.headCount, attention.keyValueHeadCount)
            (queries, keys, values) = (
                Array(parts[..<count]), Array(parts[count..<count + keyCount]), Array(parts[(count + keyCount)...])
            )
        case .separate(let query, let key, let value):
            (queries, keys, values) = (split(linear(row, query)), split(linear(row, key)), split(linear(row, value)))
        }
        func clamped(_ heads: [[Double]]) -> [[Double]] {
            guard let clip = attention.clip.map(Double.init) else { return heads }
            return heads.map { $0.map { min(max($0, -clip), clip) } }
        }
        if !attention.clipsBehindNorms { (queries, keys) = (clamped(queries), clamped(keys)) }
        (queries, keys) = (normed(queries, attention.queryNorm), normed(keys, attention.keyNorm))
        if attention.clipsBehindNorms { (queries, keys) = (clamped(queries), clamped(keys)) }
        values = clamped(values)
        if let rotary = attention.rotary {
            queries = queries.map { rotated($0, rotary, position: position, count: count) }
            keys = keys.map { rotated($0, rotary, position: position, count: count) }
        }
        return (queries, keys.map(cached), values.map(cached))
    }

    /// A head's vector as a cache keeps it.
    private func cached(_ head: [Double]) -> [Double] {
        guard let cache, let largest = head.map(abs).max(), largest > 0 else { return head }
        func integers(_ top: Double) -> [Double] {
            let scale = largest / top
            return head.map { ($0 / scale).rounded(.toNearestOrEven) * scale }
        }
        switch cache {
        case .int8: return integers(127)
        case .int4: return integers(7)
        case .fp8:
            // Four significant bits, and steps of 2⁻⁹ below 2⁻⁶.
            let scale = largest / 448
            return head.map { value in
                let magnitude = abs(value) / scale
                let step = exp2(max(magnitude > 0 ? Foundation.floor(log2(magnitude)) : -6, -6) - 3)
                return (value / scale / step).rounded(.toNearestOrEven) * step * scale
            }
        }
    }

    private func normed(_ heads: [[Double]], _ description: HeadNorm?) -> [[Double]] {
        guard let description else { return heads }
        let size = heads[0].count
        if description.perHead, description.norm.width > size {
            let weights = description.stored.compactMap(\.module).flatMap { vector($0 + ".weight") }
            return heads.enumerated().map { head, values in
                var plain = description.norm
                plain.module = nil
                return zip(norm(values, plain), weights[head * size..<(head + 1) * size]).map { $0 * $1 }
            }
        }
        if description.perHead { return heads.map { norm($0, description.norm) } }
        let row = norm(heads.flatMap(\.self), description.norm)
        return heads.indices.map { Array(row[$0 * heads[0].count..<($0 + 1) * heads[0].count]) }
    }

    private func rotated(_ head: [Double], _ rotary: RotaryDescription, position: Int, count: Int) -> [Double] {
        var result = head
        let frequencies = rotary.frequencies(context: count)
        for (index, frequency) in frequencies.enumerated() {
            let angle = Double(position) * Double(frequency)
            let first = rotary.pairsNeighbors ? 2 * index : index
            let second = rotary.pairsNeighbors ? 2 * index + 1 : index + frequencies.count
            let (a, b) = (head[first], head[second])
            result[first] = Double(rotary.amplitude) * (a * cos(angle) - b * sin(angle))
            result[second] = Double(rotary.amplitude) * (b * cos(angle) + a * sin(angle))
        }
        return result
    }

    private func runMLP(_ layer: LayerDescription, _ row: [Double]) -> [Double] {
        let input = norm(row, layer.mlpNorms.before)
        switch layer.feedForward {
        case .dense(let mlp): return norm(run(mlp, input, inside: layer.mlpNorms.inside), layer.mlpNorms.after)
        case .experts(let experts): return norm(run(experts, input), layer.mlpNorms.after)
        }
    }

    private func run(_ experts: ExpertsDescription, _ input: [Double]) -> [Double] {
        let scores = linear(input, experts.router)
        let chosen = scores.indices.sorted { scores[$0] > scores[$1] }.prefix(experts.perToken)
        let largest = scores.max() ?? 0
        let powers = scores.map { exp($0 - largest) }
        let whole: Double
        switch experts.weighting {
        case .softmaxOfAll(normalized: false): whole = powers.reduce(0, +)
        case .softmaxOfAll(normalized: true), .softmaxOfChosen: whole = chosen.reduce(0) { $0 + powers[$1] }
        }
        var sum = input.map { _ in 0.0 }
        for expert in chosen {
            sum = add(sum, run(experts.experts[expert], input, inside: nil).map { $0 * powers[expert] / whole })
        }
        guard let shared = experts.shared else { return sum }
        let share = 1 / (1 + exp(-linear(input, shared.gate)[0]))
        return add(sum, run(shared.mlp, input, inside: nil).map { $0 * share })
    }

    private func run(_ mlp: MLPDescription, _ input: [Double], inside: NormDescription?) -> [Double] {
        var inner = linear(input, mlp.up)
        if let fused = mlp.fusedGate {
            let half = inner.count / 2
            let (first, second) = (Array(inner[..<half]), Array(inner[half...]))
            switch fused {
            case .first: inner = zip(first, second).map { activate($0, mlp) * $1 }
            case .second: inner = zip(second, first).map { activate($0, mlp) * $1 }
            case .alternating(let alpha, let limit):
                inner = (0..<half).map { index in
                    let gate = min(inner[2 * index], Double(limit))
                    let up = min(max(inner[2 * index + 1], -Double(limit)), Double(limit))
                    return (up + 1) * gate / (1 + exp(-Double(alpha) * gate))
                }
            }
        } else if let gate = mlp.gate {
            inner = zip(linear(input, gate), inner).map { activate($0, mlp) * $1 }
        } else {
            inner = inner.map { activate($0, mlp) }
        }
        return linear(norm(inner, inside), mlp.down)
    }

    private func activate(_ x: Double, _ mlp: MLPDescription) -> Double {
        switch mlp.activation {
        case .vectorized(.gelu): return 0.5 * x * (1 + erf(x / 2.0.squareRoot()))
        case .vectorized(.geluTanh):
            return 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        case .vectorized(.silu): return x / (1 + exp(-x))
        case .vectorized(.relu): return max(x, 0)
        case .vectorized(.reluSquared): return max(x, 0) * max(x, 0)
        case .plain(let function): return Double(function(Float(x)))
        case .learned(var function):
            function.parameters = function.kind.tensors.map {
                Float(vector("\(mlp.activationModule).\($0)")[0])
            }
            return Double(function(Float(x)))
        }
    }

    private func norm(_ row: [Double], _ description: NormDescription?) -> [Double] {
        guard let description else { return row }
        let count = Double(row.count)
        let mean = description.kind == .layer ? row.reduce(0, +) / count : 0
        let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        let scaled = row.map { ($0 - mean) / (variance + Double(description.epsilon)).squareRoot() }
        guard let module = description.module else { return scaled }
        let weighted = zip(scaled, vector(module + ".weight")).map { $0 * ($1 + Double(description.weightOffset)) }
        return description.bias ? add(weighted, vector(module + ".bias")) : weighted
    }

    private func linear(_ row: [Double], _ linear: LinearDescription) -> [Double] {
        if linear.bitLinear != nil { return bitLinear(row, linear) }
        let weight = matrix(linear.module + ".weight")
        let product =
            linear.transposed
            ? (0..<linear.outputs).map { output in row.indices.reduce(0) { $0 + row[$1] * weight[$1][output] } }
            : weight.map { dot($0, row) }
        return linear.bias ? add(product, vector(linear.module + ".bias")) : product
    }

    /// A ternary weight times an input of 8 bits; rounded in float32, as a half decides which way a value goes.
    private func bitLinear(_ row: [Double], _ linear: LinearDescription) -> [Double] {
        let weight = matrix(linear.module + ".weight")
        let mean = weight.joined().reduce(0) { $0 + abs($1) } / Double(linear.outputs * linear.inputs)
        let scale = 1 / max(Float(mean), 1e-5)
        let largest = max(row.map { abs(Float($0)) }.max() ?? 0, 1e-5)
        let input = row.map { Double(min(max((Float($0) * (127 / largest)).rounded(.toNearestOrEven), -128), 127)) }
        let product = weight.map { weights in
            let codes = weights.map { Double(min(max((Float($0) * scale).rounded(.toNearestOrEven), -1), 1)) }
            return dot(codes, input) * Double(largest) / 127 / Double(scale)
        }
        return linear.bias ? add(product, vector(linear.module + ".bias")) : product
    }

    private func vector(_ name: String) -> [Double] { vectors[name] ?? [] }
    private func matrix(_ name: String) -> [[Double]] { matrices[name] ?? [] }
    private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    private func add(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 + $1 } }
}
