/// A linear layer's weight in whatever form it is stored: `rows` outputs by `columns` inputs.
package protocol WeightMatrix: Sendable {
    var rows: Int { get }
    var columns: Int { get }

    /// Writes the exact float32 values of the given columns of one row, in order, into as many elements.
    func decode(row: Int, columns: Range<Int>, into destination: inout MutableSpan<Float>)

    /// Writes the block of up to 16 rows that the matrix product reads:
    /// `panel[(c − columns.lowerBound)·16 + (r − rows.lowerBound)] = W[r, c]`, zero for the missing rows.
    ///
    /// The default decodes row by row and transposes; a form that is stored column by column does better itself.
    func pack(rows: Range<Int>, columns: Range<Int>, into panel: inout MutableSpan<Float>)

    /// The significant bits that a value has at most: 24, or fewer where the form has fewer.
    var significantBits: Int { get }

    /// This weight as codes and scales, if it is stored so.
    var scaledCodes: (any ScaledCodes)? { get }
}

/// A weight whose values are integers times the scale of their group: W[r, c] = scale(r, c / groupLength)·n[r, c],
/// |n| ≤ 256.
package protocol ScaledCodes: WeightMatrix {
    /// The columns of a row that share a scale, one group after the other.
    var groupLength: Int { get }

    func scale(row: Int, group: Int) -> Float

    /// Writes n of the given columns of one row, in order, into as many elements.
    func decodeCodes(row: Int, columns: Range<Int>, into destination: inout MutableSpan<Float>)
}

extension WeightMatrix {
    package func pack(rows: Range<Int>, columns: Range<Int>, into panel: inout MutableSpan<Float>) {
        packByRows(rows: rows, columns: columns, into: &panel)
    }

    /// Packs into memory that has room for a panel of as many columns.
    func pack(rows: Range<Int>, columns: Range<Int>, into panel: UnsafeMutablePointer<Float>) {
        var span = MutableSpan(_unsafeStart: panel, count: columns.count * tileColumns)
        pack(rows: rows, columns: columns, into: &span)
    }

    /// The values of a row.
    package func values(row: Int) -> [Float] {
        var values = [Float](repeating: 0, count: columns)
        var span = values.mutableSpan
        decode(row: row, columns: 0..<columns, into: &span)
        return values
    }

    /// All values.
    package var floats: Matrix {
        let result = Matrix(rows: rows, columns: columns)
        for row in 0..<rows { result.withRow(row) { decode(row: row, columns: 0..<columns, into: &$0) } }
        return result
    }

    package var significantBits: Int { 24 }

    package var scaledCodes: (any ScaledCodes)? { nil }

    func packByRows(rows: Range<Int>, columns: Range<Int>, into panel: inout MutableSpan<Float>) {
        Kernels.packByRows(rows: rows, columns: columns, into: &panel) { decode(row: $0, columns: $1, into: &$2) }
    }
}

extension ScaledCodes {
    /// Writes the panel of n that `pack` writes of W.
    func packCodes(rows: Range<Int>, columns: Range<Int>, into panel: UnsafeMutablePointer<Float>) {
        var span = MutableSpan(_unsafeStart: panel, count: columns.count * tileColumns)
        Kernels.packByRows(rows: rows, columns: columns, into: &span) { decodeCodes(row: $0, columns: $1, into: &$2) }
    }
}

/// Decodes some columns of each row, then transposes them.
@inline(__always)
private func packByRows(
    rows: Range<Int>, columns: Range<Int>, into panel: inout MutableSpan<Float>,
    decode: (Int, Range<Int>, inout MutableSpan<Float>) -> Void
) {
    precondition(
        rows.count <= tileColumns && panel.count == columns.count * tileColumns, "a panel has room for its rows")
    panel.withUnsafeMutableBufferPointer { panel in
        guard let base = panel.baseAddress else { return }
        packByRows(rows: rows, columns: columns, into: base, decode: decode)
    }
}

@inline(__always)
private func packByRows(
    rows: Range<Int>, columns: Range<Int>, into panel: UnsafeMutablePointer<Float>,
    decode: (Int, Range<Int>, inout MutableSpan<Float>) -> Void
) {
    // Small enough for the first-level cache beside the panel, and a row length that does not alias in it.
    let (chunk, stride) = (128, 136)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: tileColumns * stride) { memory in
        guard let decoded = memory.baseAddress else { return }
        if rows.count < tileColumns { decoded.update(repeating: 0, count: tileColumns * stride) }
        for start in Swift.stride(from: columns.lowerBound, to: columns.upperBound, by: chunk) {
            let part = start..<min(start + chunk, columns.upperBound)
            for row in rows {
                var target = MutableSpan(
                    _unsafeStart: decoded + (row - rows.lowerBound) * stride, count: part.count)
                decode(row, part, &target)
            }
            let target = panel + (start - columns.lowerBound) * tileColumns
            for half in [0, 8] {
                transposeEightRows(
                    decoded + half * stride, stride: stride, columns: part.count, into: target + half,
                    stride: tileColumns)
            }
        }
    }
}
