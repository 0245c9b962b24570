/// Elements in rows that own their memory, for workers who each write rows, or parts of rows, of their own.
///
/// What is lent is a span of what was asked for, so nobody writes beyond it, into what is another worker's.
///
/// `@unchecked Sendable` because the memory lives as long as the object, and whoever spreads work gives each part of it to
/// one worker.
package final class RowTable<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
    package let rows: Int
    package let columns: Int
    @usableFromInline let base: UnsafeMutablePointer<Element>

    @inlinable
    package init(rows: Int, columns: Int, repeating value: Element) {
        precondition(rows >= 0 && columns >= 0)
        (self.rows, self.columns) = (rows, columns)
        base = .allocate(capacity: max(1, rows * columns))
        base.initialize(repeating: value, count: max(1, rows * columns))
    }

    deinit { base.deallocate() }

    /// Lends a row.
    @inlinable
    @inline(__always)
    package func withRow<R, E: Error>(
        _ row: Int, _ body: (inout MutableSpan<Element>) throws(E) -> R
    ) throws(E) -> R { try withRows(row..<row + 1, body) }

    /// Lends consecutive rows, one behind the other.
    @inlinable
    @inline(__always)
    package func withRows<R, E: Error>(
        _ range: Range<Int>, _ body: (inout MutableSpan<Element>) throws(E) -> R
    ) throws(E) -> R {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows are those of the table")
        var span = MutableSpan(_unsafeStart: base + range.lowerBound * columns, count: range.count * columns)
        return try body(&span)
    }

    /// Lends some columns of a row.
    @inlinable
    @inline(__always)
    package func withRow<R, E: Error>(
        _ row: Int, columns range: Range<Int>, _ body: (inout MutableSpan<Element>) throws(E) -> R
    ) throws(E) -> R {
        precondition(row >= 0 && row < rows, "a row is one of the table")
        precondition(range.lowerBound >= 0 && range.upperBound <= columns, "columns are those of the table")
        var span = MutableSpan(_unsafeStart: base + row * columns + range.lowerBound, count: range.count)
        return try body(&span)
    }

    /// Lends a row that nobody writes meanwhile.
    @inlinable
    @inline(__always)
    package func readRow<R, E: Error>(_ row: Int, _ body: (Span<Element>) throws(E) -> R) throws(E) -> R {
        precondition(row >= 0 && row < rows, "a row is one of the table")
        return try body(Span(_unsafeStart: base + row * columns, count: columns))
    }

    /// Lends all rows, which nobody writes meanwhile.
    @inlinable
    @inline(__always)
    package func readAll<R, E: Error>(_ body: (Span<Element>) throws(E) -> R) throws(E) -> R {
        try body(Span(_unsafeStart: base, count: rows * columns))
    }
}
