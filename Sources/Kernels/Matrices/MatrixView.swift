/// A rectangle of float32 values in memory that someone else owns: row `r` starts at `base + r · stride`.
///
/// `@unchecked Sendable` because it is a plain address: whoever shares views across threads gives them disjoint rows or
/// columns to write, and keeps the owner alive.
package struct MatrixView: @unchecked Sendable {
    package var base: UnsafeMutablePointer<Float>
    package var rows: Int
    package var columns: Int
    package var stride: Int

    package init(base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int) {
        self.base = base
        self.rows = rows
        self.columns = columns
        self.stride = stride
    }

    /// The address of the first element of row `index`.
    @inlinable
    package func row(_ index: Int) -> UnsafeMutablePointer<Float> { base + index * stride }

    /// Lends a row, which nobody else has meanwhile.
    @inlinable
    package func withRow<R, E: Error>(
        _ index: Int, _ body: (inout MutableSpan<Float>) throws(E) -> R
    ) throws(E) -> R {
        precondition(index >= 0 && index < rows, "a row is one of the view")
        var span = MutableSpan(_unsafeStart: row(index), count: columns)
        return try body(&span)
    }

    /// The given rows, all columns.
    package func rows(_ range: Range<Int>) -> MatrixView {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows)
        return MatrixView(base: row(range.lowerBound), rows: range.count, columns: columns, stride: stride)
    }

    /// The given columns, all rows.
    package func columns(_ range: Range<Int>) -> MatrixView {
        precondition(range.lowerBound >= 0 && range.upperBound <= columns)
        return MatrixView(base: base + range.lowerBound, rows: rows, columns: range.count, stride: stride)
    }
}

extension MatrixView {
    /// Moves the rows at some positions of each window of `length` rows to the beginning, in order; those rows.
    package func gatherRows(_ positions: Range<Int>, ofEach length: Int) -> MatrixView {
        precondition(length > 0 && rows % length == 0 && positions.lowerBound >= 0 && positions.upperBound <= length)
        let kept = self.rows(0..<rows / length * positions.count)
        // Rows only move up, the first ones first.
        for index in 0..<kept.rows {
            let source = index / positions.count * length + positions.lowerBound + index % positions.count
            if source != index { row(index).update(from: row(source), count: columns) }
        }
        return kept
    }

    /// Copies the elements of a view of the same shape into this one.
    package func copy(from other: MatrixView) {
        precondition(rows == other.rows && columns == other.columns)
        for index in 0..<rows { row(index).update(from: other.row(index), count: columns) }
    }

    /// Adds the elements of a view of the same shape to this one, times a factor, in parallel over rows.
    package func add(_ other: MatrixView, times factor: Float) {
        guard factor != 1 else { return add(other) }
        precondition(rows == other.rows && columns == other.columns)
        forEachRow(of: self) { index in
            let (sum, term) = (row(index), other.row(index))
            for column in 0..<columns { sum[column] += term[column] * factor }
        }
    }

    /// Adds the elements of a view of the same shape to this one, in parallel over rows.
    package func add(_ other: MatrixView) {
        precondition(rows == other.rows && columns == other.columns)
        forEachRow(of: self) { index in
            let (sum, term) = (row(index), other.row(index))
            for column in 0..<columns { sum[column] += term[column] }
        }
    }
}

/// Calls `body` for each row index of `view`, in parallel, some thousands of elements at a time.
@inline(__always)
func forEachRow(of view: MatrixView, _ body: @Sendable (Int) -> Void) {
    let rowsPerTask = max(1, 16_384 / max(1, view.columns))
    Parallel.forEach((view.rows + rowsPerTask - 1) / rowsPerTask) { task in
        for index in task * rowsPerTask..<min(view.rows, (task + 1) * rowsPerTask) { body(index) }
    }
}
