package import Kernels

/// Calls `body` for each row of a view, some thousands of elements at a time, in parallel.
func forEachRow(of view: MatrixView, _ body: @Sendable (UnsafeMutableBufferPointer<Float>) -> Void) {
    let rowsPerTask = max(1, 16_384 / max(1, view.columns))
    Parallel.forEach((view.rows + rowsPerTask - 1) / rowsPerTask) { task in
        for row in task * rowsPerTask..<min(view.rows, (task + 1) * rowsPerTask) {
            // A row of a view has `columns` numbers, and each task takes rows of its own.
            body(UnsafeMutableBufferPointer(start: view.row(row), count: view.columns))
        }
    }
}

/// Clamps every element to ±limit.
func clamp(_ view: MatrixView, to limit: Float) {
    forEachRow(of: view) { row in
        for index in row.indices { row[index] = min(max(row[index], -limit), limit) }
    }
}

/// Multiplies every element by a factor.
func multiply(_ view: MatrixView, by factor: Float) {
    forEachRow(of: view) { row in
        for index in row.indices { row[index] *= factor }
    }
}

/// Whether every element is finite.
func isFinite(_ view: MatrixView) -> Bool { largestMagnitude(of: view).isFinite }

/// The greatest magnitude, NaN counting as the greatest of all.
package func largestMagnitude(of view: MatrixView) -> Float {
    let rowsPerTask = max(1, 65_536 / max(1, view.columns))
    let largest = Parallel.map((view.rows + rowsPerTask - 1) / rowsPerTask) { task in
        var largest: UInt32 = 0
        for row in task * rowsPerTask..<min(view.rows, (task + 1) * rowsPerTask) {
            let values = view.row(row)
            for column in 0..<view.columns { largest = max(largest, values[column].bitPattern & 0x7fff_ffff) }
        }
        return largest
    }
    return Float(bitPattern: largest.max() ?? 0)
}

extension ActivationFunction {
    /// Applies the function to every element.
    func apply(to view: MatrixView) {
        switch self {
        case .vectorized(let function): Kernels.apply(function, to: view)
        case .plain(let function): Self.apply({ function($0) }, to: view)
        case .learned(let function): Self.apply({ function($0) }, to: view)
        }
    }

    private static func apply(_ function: @Sendable (Float) -> Float, to view: MatrixView) {
        forEachRow(of: view) { row in
            for index in row.indices { row[index] = function(row[index]) }
        }
    }

    /// values ← function(gate) ⊙ values.
    func applyGated(gate: MatrixView, to values: MatrixView) {
        switch self {
        case .vectorized(let function): Kernels.applyGated(function, gate: gate, up: values, into: values)
        case .plain(let function): Self.applyGated({ function($0) }, gate: gate, to: values)
        case .learned(let function): Self.applyGated({ function($0) }, gate: gate, to: values)
        }
    }

    private static func applyGated(
        _ function: @Sendable (Float) -> Float, gate: MatrixView, to values: MatrixView
    ) {
        precondition(gate.rows == values.rows && gate.columns == values.columns)
        let rowsPerTask = max(1, 16_384 / max(1, values.columns))
        Parallel.forEach((values.rows + rowsPerTask - 1) / rowsPerTask) { task in
            for row in task * rowsPerTask..<min(values.rows, (task + 1) * rowsPerTask) {
                let (factors, row) = (gate.row(row), values.row(row))
                for column in 0..<values.columns { row[column] *= function(factors[column]) }
            }
        }
    }
}
