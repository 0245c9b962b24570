/// A linear layer's weight in whatever form it is stored: `rows` outputs by `columns` inputs.
package protocol WeightMatrix: Sendable {
    var rows: Int { get }
    var columns: Int { get }

    /// Writes the exact float32 values of the given columns of one row, in order.
    func decode(row: Int, columns: Range<Int>, into destination: UnsafeMutablePointer<Float>)

    /// Writes the panel of up to 16 rows that the matrix product reads:
    /// `panel[(c − columns.lowerBound)·16 + (r − rows.lowerBound)] = W[r, c]`, zero for the missing rows.
    ///
    /// The default decodes row by row and transposes; a form that is stored column by column does better itself.
    func pack(rows: Range<Int>, columns: Range<Int>, into panel: UnsafeMutablePointer<Float>)
}

/// The outputs in one weight panel: two vectors of the microkernel.
let panelWidth = 16

extension WeightMatrix {
    package func pack(rows: Range<Int>, columns: Range<Int>, into panel: UnsafeMutablePointer<Float>) {
        let chunk = 128
        withUnsafeTemporaryAllocation(of: Float.self, capacity: panelWidth * chunk) { decoded in
            guard let source = decoded.baseAddress else { return }
            for start in stride(from: columns.lowerBound, to: columns.upperBound, by: chunk) {
                let part = start..<min(start + chunk, columns.upperBound)
                source.update(repeating: 0, count: panelWidth * chunk)
                for row in rows {
                    decode(row: row, columns: part, into: source + (row - rows.lowerBound) * chunk)
                }
                let target = panel + (start - columns.lowerBound) * panelWidth
                for column in 0..<part.count {
                    for row in 0..<panelWidth { target[column * panelWidth + row] = source[row * chunk + column] }
                }
            }
        }
    }
}
