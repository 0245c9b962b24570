/// One word on its way from single symbols to tokens: the neighbours that may merge are merged, best pair first.
///
/// The order is that of the `tokenizers` library: lowest rank, then leftmost. Short words search all pairs at each step;
/// long ones keep the pairs in a heap.
struct SymbolList {
    private static let shortest = 48
    private static let none = UInt32.max

    private(set) var tokens: [UInt32] = []
    private var ranks: [UInt32] = []
    private var results: [UInt32] = []
    private var previous: [Int32] = []
    private var next: [Int32] = []
    private var heap = MergeHeap()

    mutating func removeAll() { tokens.removeAll(keepingCapacity: true) }

    mutating func append(_ token: UInt32) { tokens.append(token) }

    /// Merges until no pair is in the table.
    mutating func mergeAll(_ table: MergeTable) {
        guard tokens.count > 1 else { return }
        if tokens.count <= Self.shortest { mergeShort(table) } else { mergeLong(table) }
    }

    private mutating func mergeShort(_ table: MergeTable) {
        ranks.removeAll(keepingCapacity: true)
        results.removeAll(keepingCapacity: true)
        for index in 0..<tokens.count - 1 {
            let merge = table.merge(tokens[index], tokens[index + 1])
            ranks.append(merge?.rank ?? Self.none)
            results.append(merge?.result ?? 0)
        }
        while true {
            var best = 0
            for index in ranks.indices where ranks[index] < ranks[best] { best = index }
            guard !ranks.isEmpty, ranks[best] != Self.none else { return }
            tokens[best] = results[best]
            tokens.remove(at: best + 1)
            ranks.remove(at: best)
            results.remove(at: best)
            if best > 0 { look(up: best - 1, table) }
            if best < ranks.count { look(up: best, table) }
        }
    }

    private mutating func look(up index: Int, _ table: MergeTable) {
        let merge = table.merge(tokens[index], tokens[index + 1])
        ranks[index] = merge?.rank ?? Self.none
        results[index] = merge?.result ?? 0
    }

    private mutating func mergeLong(_ table: MergeTable) {
        let count = tokens.count
        previous = (0..<Int32(count)).map { $0 - 1 }
        next = (0..<Int32(count)).map { $0 + 1 == count ? -1 : $0 + 1 }
        heap.removeAll()
        for index in 0..<count - 1 { push(index, index + 1, table) }
        heap.order()
        while let candidate = heap.pop() {
            let left = Int(candidate.position)
            let right = Int(next[left])
            // A pair that has changed since is stale unless it still makes the same token.
            guard tokens[left] != Self.none, right >= 0,
                let merge = table.merge(tokens[left], tokens[right]), merge.result == candidate.result
            else { continue }
            tokens[left] = merge.result
            tokens[right] = Self.none
            next[left] = next[right]
            if next[left] >= 0 {
                previous[Int(next[left])] = Int32(left)
                pushOrdered(left, Int(next[left]), table)
            }
            if previous[left] >= 0 { pushOrdered(Int(previous[left]), left, table) }
        }
        tokens.removeAll { $0 == Self.none }
    }

    private mutating func push(_ left: Int, _ right: Int, _ table: MergeTable) {
        guard let merge = table.merge(tokens[left], tokens[right]) else { return }
        heap.append(MergeHeap.Candidate(rank: merge.rank, position: UInt32(left), result: merge.result))
    }

    private mutating func pushOrdered(_ left: Int, _ right: Int, _ table: MergeTable) {
        guard let merge = table.merge(tokens[left], tokens[right]) else { return }
        heap.push(MergeHeap.Candidate(rank: merge.rank, position: UInt32(left), result: merge.result))
    }
}

/// A binary heap of possible merges, lowest rank first, then leftmost.
struct MergeHeap {
    struct Candidate {
        let rank: UInt32
        let position: UInt32
        let result: UInt32

        fileprivate var order: UInt64 { UInt64(rank) << 32 | UInt64(position) }
    }

    private var candidates: [Candidate] = []

    mutating func removeAll() { candidates.removeAll(keepingCapacity: true) }

    /// Adds a candidate out of order; `order()` follows.
    mutating func append(_ candidate: Candidate) { candidates.append(candidate) }

    /// Brings appended candidates into order.
    mutating func order() {
        for index in stride(from: candidates.count / 2 - 1, through: 0, by: -1) { sink(index) }
    }

    mutating func push(_ candidate: Candidate) {
        candidates.append(candidate)
        var index = candidates.count - 1
        while index > 0, candidates[index].order < candidates[(index - 1) / 2].order {
            candidates.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func pop() -> Candidate? {
        guard let best = candidates.first, let last = candidates.popLast() else { return nil }
        if !candidates.isEmpty {
            candidates[0] = last
            sink(0)
        }
        return best
    }

    private mutating func sink(_ start: Int) {
        var index = start
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2]
            where child < candidates.count && candidates[child].order < candidates[least].order { least = child }
            if least == index { return }
            candidates.swapAt(index, least)
            index = least
        }
    }
}
