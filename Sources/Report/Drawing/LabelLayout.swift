/// Places labels in a column: each as near to where it belongs as its neighbours allow.
package enum LabelLayout {
    /// Moves wanted centres apart until no two are nearer than `spacing`, inside `range` if they fit; order is kept.
    ///
    /// Labels that touch form a block whose centre is the mean of what its members want: the least squared displacement.
    package static func spread(_ wanted: [Double], spacing: Double, in range: ClosedRange<Double>) -> [Double] {
        struct Block {
            var sum: Double
            var count: Int
            /// Of the first label.
            var start: Double
        }
        func placed(_ block: Block) -> Block {
            let length = Double(block.count - 1) * spacing
            let ideal = block.sum / Double(block.count) - length / 2
            var moved = block
            moved.start = max(range.lowerBound, min(ideal, range.upperBound - length))
            return moved
        }
        let order = wanted.indices.sorted { (wanted[$0], $0) < (wanted[$1], $1) }
        var blocks: [Block] = []
        for index in order {
            var block = placed(Block(sum: wanted[index], count: 1, start: 0))
            while let before = blocks.last, block.start < before.start + Double(before.count) * spacing - 1e-9 {
                blocks.removeLast()
                block = placed(Block(sum: before.sum + block.sum, count: before.count + block.count, start: 0))
            }
            blocks.append(block)
        }
        var result = wanted
        var rank = 0
        for block in blocks {
            for place in 0..<block.count {
                result[order[rank]] = block.start + Double(place) * spacing
                rank += 1
            }
        }
        return result
    }
}
