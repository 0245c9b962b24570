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
        case .gelu: transform(row, x.columns, GELU.self)
        case .geluTanh: transform(row, x.columns, TanhGELU.self)
        case .silu: transform(row, x.columns, SiLU.self)
        case .relu: transform(row, x.columns, ReLU.self)
        case .reluSquared: transform(row, x.columns, SquaredReLU.self)
        }
    }
}

/// out = activation(gate)·up, element by element, in parallel; `out` may be `gate` or `up`.
package func applyGated(_ activation: Activation, gate: MatrixView, up: MatrixView, into out: MatrixView) {
    precondition(gate.rows == up.rows && gate.columns == up.columns)
    precondition(gate.rows == out.rows && gate.columns == out.columns)
    forEachRow(of: out) { index in
        let (gate, up, result) = (gate.row(index), up.row(index), out.row(index))
        switch activation {
        case .gelu: combine(gate, up, result, out.columns, GELU.self)
        case .geluTanh: combine(gate, up, result, out.columns, TanhGELU.self)
        case .silu: combine(gate, up, result, out.columns, SiLU.self)
        case .relu: combine(gate, up, result, out.columns, ReLU.self)
        case .reluSquared: combine(gate, up, result, out.columns, SquaredReLU.self)
        }
    }
}

// Types rather than closures, and never inlined, so that each function gets a loop of its own in registers.

@inline(never)
private func transform<F: ElementFunction>(_ row: UnsafeMutablePointer<Float>, _ count: Int, _: F.Type) {
    let whole = count & ~7
    var index = 0
    while index < whole {
        row.store(F.value(row.lanes(index)), index)
        index += 8
    }
    if whole < count {
        row.storePartial(F.value(row.partialLanes(whole, count: count - whole)), whole, count: count - whole)
    }
}

@inline(never)
private func combine<F: ElementFunction>(
    _ gate: UnsafeMutablePointer<Float>, _ up: UnsafeMutablePointer<Float>, _ result: UnsafeMutablePointer<Float>,
    _ count: Int, _: F.Type
) {
    let whole = count & ~7
    var index = 0
    while index < whole {
        result.store(F.value(gate.lanes(index)) * up.lanes(index), index)
        index += 8
    }
    if whole < count {
        let rest = count - whole
        let value = F.value(gate.partialLanes(whole, count: rest)) * up.partialLanes(whole, count: rest)
        result.storePartial(value, whole, count: rest)
    }
}
