import Numerics

/// The functions between a decoder's linear layers, applied to each element.
package enum Activation: Sendable, Equatable {
    /// x·Φ(x) with the normal distribution's Φ.
    case gelu
    /// x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))).
    case geluTanh
    /// x/(1 + e⁻ˣ).
    case silu
    /// max(x, 0).
    case relu
    /// max(x, 0)².
    case reluSquared

    /// The function of one value.
    func callAsFunction(_ x: Float) -> Float {
        switch self {
        case .gelu: return 0.5 * x * (Float.erfc(-x * Float(0.5).squareRoot()))
        case .geluTanh: return 0.5 * x * (1 + Float.tanh(0.797884561 * (x + 0.044715 * x * x * x)))
        case .silu: return x / (1 + Float.exp(-x))
        case .relu: return max(x, 0)
        case .reluSquared:
            let positive = max(x, 0)
            return positive * positive
        }
    }
}

/// Replaces each element of `x` by its activation, in parallel.
package func apply(_ activation: Activation, to x: MatrixView) {
    forEachRow(of: x) { index in
        let row = x.row(index)
        for column in 0..<x.columns { row[column] = activation(row[column]) }
    }
}

/// out = activation(gate)·up, element by element, in parallel; `out` may be `gate` or `up`.
package func applyGated(_ activation: Activation, gate: MatrixView, up: MatrixView, into out: MatrixView) {
    precondition(gate.rows == up.rows && gate.columns == up.columns)
    precondition(gate.rows == out.rows && gate.columns == out.columns)
    forEachRow(of: out) { index in
        let (gate, up, result) = (gate.row(index), up.row(index), out.row(index))
        for column in 0..<out.columns { result[column] = activation(gate[column]) * up[column] }
    }
}
