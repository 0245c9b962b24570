import Kernels

extension LinearLayer {
    /// Calls `body` once for each row with its values as floats, several rows at a time.
    ///
    /// Bodies write to memory of their row only. A value that is NaN or infinite is an error that names its place; of
    /// several errors, that of the lowest row is thrown.
    func forEachRow(
        _ body: @Sendable (_ row: Int, _ values: UnsafePointer<Float>) throws(CompressionError) -> Void
    ) throws(CompressionError) {
        let (rows, columns) = (weight.rows, weight.columns)
        let rowsPerTask = max(1, 16_384 / max(1, columns))
        _ = try Parallel.map((rows + rowsPerTask - 1) / rowsPerTask) { (task) throws(CompressionError) in
            let values = UnsafeMutablePointer<Float>.allocate(capacity: max(1, columns))
            defer { values.deallocate() }
            for row in task * rowsPerTask..<min(rows, (task + 1) * rowsPerTask) {
                weight.decode(row: row, columns: 0..<columns, into: values)
                guard RowRounding.extremes(values, count: columns).finite else {
                    throw RoundToNearest.notFinite(name, row, values, columns)
                }
                try body(row, UnsafePointer(values))
            }
        }
    }
}
