/// Where the heads of queries, keys or values stand in a matrix of one row per token:
/// head h occupies the columns from `firstColumn + h·headStride` on, `size` of them.
///
/// GPT-NeoX interleaves q, k and v head by head: `headStride` is 3·size and `firstColumn` 0, size or 2·size.
package struct HeadLayout: Sendable {
    package var base: MatrixView
    package var firstColumn: Int
    package var headStride: Int
    package var count: Int
    package var size: Int

    package init(base: MatrixView, firstColumn: Int = 0, headStride: Int, count: Int, size: Int) {
        precondition(count == 0 || firstColumn + (count - 1) * headStride + size <= base.columns)
        self.base = base
        self.firstColumn = firstColumn
        self.headStride = headStride
        self.count = count
        self.size = size
    }

    /// The number of tokens.
    package var rows: Int { base.rows }

    /// The address of a head's first element for one token.
    @inline(__always)
    package func row(_ index: Int, head: Int) -> UnsafeMutablePointer<Float> {
        base.row(index) + firstColumn + head * headStride
    }
}
