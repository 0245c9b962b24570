import Kernels

extension LinearLayer {
    /// Calls `body` once for each row with its values as floats, several rows at a time.
    ///
    /// Bodies write to memory of their row only. A value that is NaN or infinite is an error that names its place; of
    /// several errors, that of the lowest row is thrown.
    func forEachRow(
        _ body: @Sendable (_ row: Int, _ values: Span<Float>) throws(CompressionError) -> Void
    ) throws(CompressionError) {
        let (rows, columns) = (weight.rows, weight.columns)
        let rowsPerTask = max(1, 16_384 / max(1, columns))
        _ = try Parallel.map((rows + rowsPerTask - 1) / rowsPerTask) { (task) throws(CompressionError) in
            var memory = [Float](repeating: 0, count: columns)
            var values = memory.mutableSpan
            for row in task * rowsPerTask..<min(rows, (task + 1) * rowsPerTask) {
                weight.decode(row: row, columns: 0..<columns, into: &values)
                guard RowRounding.extremes(values.span).finite else {
                    throw RoundToNearest.notFinite(name, row, values.span)
                }
                try body(row, values.span)
            }
        }
    }
}
