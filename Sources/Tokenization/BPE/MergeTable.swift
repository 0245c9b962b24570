/// The merges of a byte pair encoding: which two neighbours become which token, and which pair goes first.
struct MergeTable: Sendable {
    struct Merge: Equatable {
        /// Place in the list of merges; the lowest goes first.
        let rank: UInt32
        let result: UInt32
    }

    private static let free = UInt64.max

    private var pairs: [UInt64]
    private var merges: [Merge]

    /// Makes room for a number of merges.
    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        pairs = [UInt64](repeating: Self.free, count: size)
        merges = [Merge](repeating: Merge(rank: 0, result: 0), count: size)
    }

    /// Sets the merge of a pair; a later one replaces an earlier one.
    ///
    /// At most `capacity` pairs.
    mutating func set(_ left: UInt32, _ right: UInt32, _ merge: Merge) {
        let index = slot(UInt64(left) << 32 | UInt64(right))
        pairs[index] = UInt64(left) << 32 | UInt64(right)
        merges[index] = merge
    }

    /// The merge of two neighbours, if there is one.
    @inline(__always)
    func merge(_ left: UInt32, _ right: UInt32) -> Merge? {
        let index = slot(UInt64(left) << 32 | UInt64(right))
        return pairs[index] == Self.free ? nil : merges[index]
    }

    @inline(__always)
    private func slot(_ pair: UInt64) -> Int {
        let mask = pairs.count - 1
        let mixed = pair &* 0x9e37_79b9_7f4a_7c15
        var index = Int(truncatingIfNeeded: mixed ^ mixed >> 32) & mask
        while pairs[index] != Self.free, pairs[index] != pair { index = (index + 1) & mask }
        return index
    }
}
