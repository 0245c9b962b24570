/// A weight stored element by element in a floating-point type.
///
/// `@unchecked Sendable` because the bytes are only read and `owner` keeps them alive.
package struct DenseMatrix: WeightMatrix, @unchecked Sendable {
    package let rows: Int
    package let columns: Int
    package let type: FloatType
    /// Whether the bytes hold `[columns, rows]` (inputs by outputs, as GPT-2's Conv1D), not `[rows, columns]`.
    package let transposed: Bool
    private let bytes: UnsafeRawPointer
    private let owner: any AnyObject & Sendable

    /// A weight whose `rows · columns` elements start at `bytes`, which need not be aligned and live as long as `owner`.
    package init(
        bytes: UnsafeRawPointer, type: FloatType, rows: Int, columns: Int, transposed: Bool = false,
        owner: any AnyObject & Sendable
    ) {
        self.bytes = bytes
        self.type = type
        self.rows = rows
        self.columns = columns
        self.transposed = transposed
        self.owner = owner
    }

    /// A float32 weight that keeps `matrix` alive: its first rows, all if nil, or its transpose.
    package init(_ matrix: Matrix, rows: Int? = nil, transposed: Bool = false) {
        let rows = rows ?? matrix.rows
        precondition(rows <= matrix.rows, "rows are those of the matrix")
        self.init(
            bytes: UnsafeRawPointer(matrix.base), type: .float32, rows: transposed ? matrix.columns : rows,
            columns: transposed ? rows : matrix.columns, transposed: transposed, owner: matrix)
    }

    /// The elements where they have 16 bits and are stored row after row; they need not be aligned.
    package var halves: UnsafeRawPointer? { transposed || type.byteCount != 2 ? nil : bytes }

    package var significantBits: Int { type.significantBits }

    package func decode(row: Int, columns range: Range<Int>, into destination: inout MutableSpan<Float>) {
        precondition(row >= 0 && row < rows, "a row is one of the weight")
        precondition(range.lowerBound >= 0 && range.upperBound <= columns, "columns are those of the weight")
        precondition(destination.count == range.count, "there is room for just the columns asked for")
        destination.withUnsafeMutableBufferPointer { destination in
            guard let base = destination.baseAddress else { return }
            decode(row: row, columns: range, into: base)
        }
    }

    private func decode(row: Int, columns range: Range<Int>, into destination: UnsafeMutablePointer<Float>) {
        let size = type.byteCount
        guard transposed else {
            return type.decode(bytes + (row * columns + range.lowerBound) * size, count: range.count, into: destination)
        }
        for column in range {
            type.decode(
                bytes + (column * rows + row) * size, count: 1, into: destination + (column - range.lowerBound))
        }
    }

    package func pack(rows range: Range<Int>, columns part: Range<Int>, into panel: inout MutableSpan<Float>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows are those of the weight")
        precondition(part.lowerBound >= 0 && part.upperBound <= columns, "columns are those of the weight")
        precondition(
            range.count <= tileColumns && panel.count == part.count * tileColumns, "a panel has room for its rows")
        let isPacked = panel.withUnsafeMutableBufferPointer { panel in
            panel.baseAddress.map { packWhole(rows: range, columns: part, into: $0) } ?? true
        }
        if !isPacked { packByRows(rows: range, columns: part, into: &panel) }
    }

    /// Packs what lies so that whole panels can be moved; false where it does not.
    private func packWhole(rows range: Range<Int>, columns part: Range<Int>, into panel: UnsafeMutablePointer<Float>)
        -> Bool
    {
        if transposed {
            packTransposed(rows: range, columns: part, into: panel)
        } else if type == .float32 && range.count == tileColumns && UInt(bitPattern: bytes) % 4 == 0 {
            // Sound because the elements are floats, aligned, and the bytes of all 16 rows belong to the matrix.
            let source = bytes.assumingMemoryBound(to: Float.self) + range.lowerBound * columns + part.lowerBound
            for half in [0, 8] {
                transposeEightRows(
                    source + half * columns, stride: columns, columns: part.count, into: panel + half,
                    stride: tileColumns)
            }
        } else {
            return false
        }
        return true
    }

    /// Stored column by column, a panel's rows lie side by side.
    private func packTransposed(
        rows range: Range<Int>, columns part: Range<Int>, into panel: UnsafeMutablePointer<Float>
    ) {
        for column in part {
            let target = panel + (column - part.lowerBound) * tileColumns
            type.decode(
                bytes + (column * rows + range.lowerBound) * type.byteCount, count: range.count, into: target)
            for lane in range.count..<tileColumns { target[lane] = 0 }
        }
    }
}
