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

    /// Lends a row, which nobody else has meanwhile.
    package func withRow<R, E: Error>(
        _ row: Int, _ body: (inout MutableSpan<Float>) throws(E) -> R
    ) throws(E) -> R { try view.withRow(row, body) }

    /// Lends a row that nobody writes meanwhile.
    package func readRow<R, E: Error>(_ row: Int, _ body: (Span<Float>) throws(E) -> R) throws(E) -> R {
        try view.withRow(row) { (values) throws(E) in try body(values.span) }
    }

    /// Lends all elements, row after row, which nobody else has meanwhile.
    package func withAll<R, E: Error>(_ body: (inout MutableSpan<Float>) throws(E) -> R) throws(E) -> R {
        var span = MutableSpan(_unsafeStart: base, count: rows * columns)
        return try body(&span)
    }

    /// Lends all elements, row after row, which nobody writes meanwhile.
    package func readAll<R, E: Error>(_ body: (Span<Float>) throws(E) -> R) throws(E) -> R {
        try body(Span(_unsafeStart: base, count: rows * columns))
    }

    /// The elements row after row.
    package var values: [Float] { Array(UnsafeBufferPointer(start: base, count: rows * columns)) }
}
