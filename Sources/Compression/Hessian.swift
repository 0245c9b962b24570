import Kernels

/// H = 2·XᵀX/n of a layer's inputs X, tokens × inputs: what a rounding error of one weight costs at the others' side.
package final class Hessian: @unchecked Sendable {
    /// The number of inputs.
    package let columns: Int
    let values: UnsafeMutablePointer<Double>

    package init(columns: Int) {
        self.columns = columns
        values = .allocate(capacity: max(1, columns * columns))
        values.initialize(repeating: 0, count: max(1, columns * columns))
    }

    deinit { values.deallocate() }
}
