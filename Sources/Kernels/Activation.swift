/// The functions between a decoder's linear layers, applied to each element.
package enum Activation: Sendable, Equatable, CaseIterable {
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
}

/// Replaces each element of `x` by its activation, in parallel.
///
/// Errors against the formulas in exact arithmetic are below 2 ulp of the result, on the whole range down to subnormals.
package func apply(_ activation: Activation, to x: MatrixView) {
    forEachRow(of: x) { index in
        let row = x.row(index)
        switch activation {
        case .gelu: transform(row, x.columns, gelu)
        case .geluTanh: transform(row, x.columns, geluTanh)
        case .silu: transform(row, x.columns, silu)
        case .relu: transform(row, x.columns, relu)
        case .reluSquared: transform(row, x.columns, reluSquared)
        }
    }
}

/// out = activation(gate)·up, element by element, in parallel; `out` may be `gate` or `up`.
package func applyGated(_ activation: Activation, gate: MatrixView, up: MatrixView, into out: MatrixView) {
    precondition(gate.rows == up.rows && gate.columns == up.columns)
    precondition(gate.rows == out.rows && gate.columns == out.columns)
    forEachRow(of: out) { index in
        let rows = (gate.row(index), up.row(index), out.row(index))
        switch activation {
        case .gelu: combine(rows, out.columns) { gelu($0) * $1 }
        case .geluTanh: combine(rows, out.columns) { geluTanh($0) * $1 }
        case .silu: combine(rows, out.columns) { silu($0) * $1 }
        case .relu: combine(rows, out.columns) { relu($0) * $1 }
        case .reluSquared: combine(rows, out.columns) { reluSquared($0) * $1 }
        }
    }
}

@inline(__always)
private func transform(_ row: UnsafeMutablePointer<Float>, _ count: Int, _ function: (Lanes) -> Lanes) {
    let whole = count & ~7
    for index in stride(from: 0, to: whole, by: 8) { row.store(function(row.lanes(index)), index) }
    if whole < count {
        row.storePartial(function(row.partialLanes(whole, count: count - whole)), whole, count: count - whole)
    }
}

@inline(__always)
private func combine(
    _ rows: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>), _ count: Int,
    _ function: (Lanes, Lanes) -> Lanes
) {
    let whole = count & ~7
    for index in stride(from: 0, to: whole, by: 8) {
        rows.2.store(function(rows.0.lanes(index), rows.1.lanes(index)), index)
    }
    if whole < count {
        let rest = count - whole
        let result = function(rows.0.partialLanes(whole, count: rest), rows.1.partialLanes(whole, count: rest))
        rows.2.storePartial(result, whole, count: rest)
    }
}
