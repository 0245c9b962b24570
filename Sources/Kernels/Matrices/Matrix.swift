/// Float32 values in rows and columns, row after row, that own their memory.
///
/// `@unchecked Sendable` because the memory lives as long as the object and writers share it by disjoint views.
package final class Matrix: @unchecked Sendable {
    package let rows: Int
    package let columns: Int
    /// The first element, 64-byte aligned.
    package let base: UnsafeMutablePointer<Float>

    /// Makes a matrix of zeros.
    package init(rows: Int, columns: Int) {
        precondition(rows >= 0 && columns >= 0)
        self.rows = rows
        self.columns = columns
        let count = max(1, rows * columns)
        let raw = UnsafeMutableRawPointer.allocate(byteCount: count * MemoryLayout<Float>.stride, alignment: 64)
        base = raw.initializeMemory(as: Float.self, repeating: 0, count: count)
    }

    /// Makes a matrix of the values given row after row.
    package convenience init(rows: Int, columns: Int, _ values: [Float]) {
        precondition(values.count == rows * columns)
        self.init(rows: rows, columns: columns)
        base.update(from: values, count: values.count)
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }

    /// The whole matrix as a view; the matrix must outlive it, so bind it to a name first.
    package var view: MatrixView { MatrixView(base: base, rows: rows, columns: columns, stride: columns) }

    /// The elements row after row.
    package var values: [Float] { Array(UnsafeBufferPointer(start: base, count: rows * columns)) }
}
