/// Where the heads of queries, keys or values stand in a matrix of one row per token:
/// head h occupies the columns from `firstColumn + h·headStride` on, `size` of them.
///
/// GPT-NeoX interleaves q, k and v head by head: `headStride` is 3·size and `firstColumn` 0, size or 2·size. Falcon does
/// so group by group, the queries of a group one after the other: then `perGroup` heads stand `headStride` apart, and groups
/// `groupStride`.
package struct HeadLayout: Sendable {
    package var base: MatrixView
    package var firstColumn: Int
    package var headStride: Int
    package var count: Int
    package var size: Int
    package var perGroup: Int
    package var groupStride: Int

    package init(
        base: MatrixView, firstColumn: Int = 0, headStride: Int, count: Int, size: Int, perGroup: Int? = nil,
        groupStride: Int = 0
    ) {
        self.base = base
        self.firstColumn = firstColumn
        self.headStride = headStride
        self.count = count
        self.size = size
        self.perGroup = perGroup ?? max(1, count)
        self.groupStride = groupStride
        precondition(count == 0 || column(count - 1) + size <= base.columns)
    }

    /// The number of tokens.
    package var rows: Int { base.rows }

    /// A head's first column.
    @inline(__always)
    private func column(_ head: Int) -> Int {
        firstColumn + head / perGroup * groupStride + head % perGroup * headStride
    }

    /// The address of a head's first element for one token.
    @inline(__always)
    package func row(_ index: Int, head: Int) -> UnsafeMutablePointer<Float> {
        base.row(index) + column(head)
    }
}
