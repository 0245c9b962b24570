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

    /// A float32 weight that keeps `matrix` alive.
    package init(_ matrix: Matrix) {
        self.init(
            bytes: UnsafeRawPointer(matrix.base), type: .float32, rows: matrix.rows, columns: matrix.columns,
            owner: matrix)
    }

    package func decode(row: Int, columns range: Range<Int>, into destination: UnsafeMutablePointer<Float>) {
        let size = type.byteCount
        guard transposed else {
            return type.decode(bytes + (row * columns + range.lowerBound) * size, count: range.count, into: destination)
        }
        for column in range {
            type.decode(
                bytes + (column * rows + row) * size, count: 1, into: destination + (column - range.lowerBound))
        }
    }
}
