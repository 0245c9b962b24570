import Compression
import Kernels
import RealModule

/// GPT-NeoX as its definition reads, in Double and token by token: the reference for the engine.
struct PlainDecoder {
    typealias Vector = [Double]

    let shape: ModelShape
    let store: WeightStore

    /// Σ −ln p(token | tokens before it) over all tokens but the first, in nats.
    func negativeLogLikelihood(_ tokens: [UInt32]) throws(CompressionError) -> Double {
        var hidden = try embedding(tokens)
        for index in 0..<shape.layers {
            let prefix = "gpt_neox.layers.\(index)."
            let attended = try attention(prefix, try norm(hidden, prefix + "input_layernorm"))
            let widened = try linear(
                try norm(hidden, prefix + "post_attention_layernorm"), prefix + "mlp.dense_h_to_4h")
            let fed = try linear(widened.map { $0.map(Self.gelu) }, prefix + "mlp.dense_4h_to_h")
            hidden = zip(hidden, zip(attended, fed)).map { added($0, added($1.0, $1.1)) }
        }
        let logits = try linear(try norm(hidden, "gpt_neox.final_layer_norm"), "embed_out", bias: false)
        return zip(logits, tokens.dropFirst()).reduce(0) { sum, pair in
            let greatest = pair.0.max() ?? 0
            return sum + greatest + Double.log(pair.0.reduce(0) { $0 + Double.exp($1 - greatest) })
                - pair.0[Int(pair.1)]
        }
    }

    /// x·Φ(x).
    static func gelu(_ x: Double) -> Double { x / 2 * (1 + Double.erf(x / 2.0.squareRoot())) }

    private func embedding(_ tokens: [UInt32]) throws(CompressionError) -> [Vector] {
        let matrix = try store.matrix("gpt_neox.embed_in")
        return tokens.map { row(Int($0), of: matrix) }
    }

    private func row(_ index: Int, of matrix: any WeightMatrix) -> Vector {
        matrix.values(row: index).map(Double.init)
    }

    /// y = x·Wᵀ + b for each token.
    private func linear(_ x: [Vector], _ module: String, bias: Bool = true) throws(CompressionError) -> [Vector] {
        let matrix = try store.matrix(module)
        let biases = bias ? try store.vector(module + ".bias") : [Float](repeating: 0, count: matrix.rows)
        let outputs = Parallel.map(matrix.rows) { index in
            let weights = row(index, of: matrix)
            return x.map { Double(biases[index]) + dot($0, weights) }
        }
        return x.indices.map { token in outputs.map { $0[token] } }
    }

    private func dot(_ a: Vector, _ b: Vector) -> Double {
        var sum = 0.0
        for index in a.indices { sum += a[index] * b[index] }
        return sum
    }

    private func added(_ a: Vector, _ b: Vector) -> Vector { zip(a, b).map { $0 + $1 } }

    private func norm(_ x: [Vector], _ module: String) throws(CompressionError) -> [Vector] {
        let (weight, bias) = (try store.vector(module + ".weight"), try store.vector(module + ".bias"))
        return x.map { row in
            let mean = row.reduce(0, +) / Double(row.count)
            let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(row.count)
            return row.indices.map {
                (row[$0] - mean) / (variance + 1e-5).squareRoot() * Double(weight[$0]) + Double(bias[$0])
            }
        }
    }

    private func attention(_ prefix: String, _ x: [Vector]) throws(CompressionError) -> [Vector] {
        let fused = try linear(x, prefix + "attention.query_key_value")
        var out = x.map { _ in Vector() }
        for head in 0..<shape.heads {
            let parts = (0..<3).map { part in
                fused.enumerated().map { position, row in
                    let first = (3 * head + part) * shape.headSize
                    let values = Vector(row[first..<first + shape.headSize])
                    return part < 2 ? rotated(values, position) : values
                }
            }
            for token in x.indices { out[token] += attended(token, parts[0], parts[1], parts[2]) }
        }
        return try linear(out, prefix + "attention.dense")
    }

    /// softmax(q·kᵀ/√size)·v for one token of one head.
    private func attended(_ token: Int, _ q: [Vector], _ k: [Vector], _ v: [Vector]) -> Vector {
        let weights = (0...token).map { Double.exp(dot(q[token], k[$0]) / Double(shape.headSize).squareRoot()) }
        let total = weights.reduce(0, +)
        return (0..<shape.headSize).map { column in
            (0...token).reduce(0) { $0 + weights[$1] * v[$1][column] } / total
        }
    }

    /// Rotary positions on the first quarter of a head, in halves.
    private func rotated(_ values: Vector, _ position: Int) -> Vector {
        var result = values
        let half = shape.rotarySize / 2
        for j in 0..<half {
            let angle = Double(position) * Double.pow(10_000, -2 * Double(j) / Double(shape.rotarySize))
            result[j] = values[j] * Double.cos(angle) - values[half + j] * Double.sin(angle)
            result[half + j] = values[half + j] * Double.cos(angle) + values[j] * Double.sin(angle)
        }
        return result
    }
}
