/// How a GGUF file orders the rows of a weight that other checkpoints have in an order of their own.
package enum RowOrder: Sendable, Equatable {
    /// Queries or keys whose rotary pairs are neighbours in the file and halves of a head elsewhere (llama.cpp's `permute`):
    /// row (head, half, pair) elsewhere is (head, pair, half) in the file.
    case rotaryPairs(headSize: Int)
    /// Queries, keys and values that follow one another in the file; elsewhere each group of heads has its queries, its key
    /// and its value together.
    case groups(count: Int, queries: Int, headSize: Int)

    /// The row of the file in which a row of other checkpoints stands.
    package func stored(_ row: Int) -> Int {
        switch self {
        case .rotaryPairs(let headSize):
            let (head, place) = row.quotientAndRemainder(dividingBy: headSize)
            let (half, pair) = place.quotientAndRemainder(dividingBy: headSize / 2)
            return head * headSize + 2 * pair + half
        case .groups(let count, let queries, let headSize):
            let (group, place) = row.quotientAndRemainder(dividingBy: (queries + 2) * headSize)
            let (part, index) = place.quotientAndRemainder(dividingBy: headSize)
            let head =
                switch part {
                case 0..<queries: group * queries + part
                case queries: count * queries + group
                default: count * (queries + 1) + group
                }
            return head * headSize + index
        }
    }

    /// The rows that a weight in this order has; nil where any multiple of a head will do.
    var rowCount: Int? {
        switch self {
        case .rotaryPairs: nil
        case .groups(let count, let queries, let headSize): count * (queries + 2) * headSize
        }
    }

    /// Whether so many rows can be in this order.
    package func fits(rows: Int) -> Bool {
        switch self {
        case .rotaryPairs(let headSize): headSize > 1 && headSize.isMultiple(of: 2) && rows.isMultiple(of: headSize)
        case .groups: rows == rowCount
        }
    }
}
