package import Vectors

/// Replaces each element of `x` by its activation, in parallel.
///
/// Errors against the formulas in exact arithmetic are below 2 ulp of the result, on the whole range down to subnormals.
package func apply(_ activation: Activation, to x: MatrixView) {
    let loops = Processor.loops
    forEachRow(of: x) { index in
        let row = x.row(index)
        loops.activate(ActivatedRow(activation, of: row, times: nil, into: row, count: x.columns))
    }
}

/// out = activation(gate)·up, element by element, in parallel; `out` may be `gate` or `up`.
package func applyGated(_ activation: Activation, gate: MatrixView, up: MatrixView, into out: MatrixView) {
    precondition(gate.rows == up.rows && gate.columns == up.columns)
    precondition(gate.rows == out.rows && gate.columns == out.columns)
    let loops = Processor.loops
    forEachRow(of: out) { index in
        loops.activate(
            ActivatedRow(
                activation, of: gate.row(index), times: up.row(index), into: out.row(index), count: out.columns))
    }
}
