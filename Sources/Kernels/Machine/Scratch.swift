import Synchronization

/// Working memory that kernels borrow and give back, so that repeated calls neither allocate nor fault in new pages.
package enum Scratch {
    private struct Block: @unchecked Sendable {
        // Sound to send: whoever took the block out of the pool is its only user.
        let base: UnsafeMutablePointer<Float>
        let capacity: Int
    }

    private static let pool = Mutex<[Block]>([])
    /// Blocks that wait in the pool at most, and the floats of the largest that does.
    private static let (keptBlocks, keptCapacity) = (16, 1 << 24)

    /// Lends `count` floats, 64-byte aligned, of any content, for the duration of `body`.
    package static func withFloats<R>(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> R) -> R {
        let block = take(count)
        defer { give(block) }
        return body(block.base)
    }

    /// Floats that are lent, as `withFloats` does, for as long as the object lives.
    final class Loan: Sendable {
        private let block: Block

        init(_ count: Int) { block = take(count) }

        deinit { give(block) }

        var base: UnsafeMutablePointer<Float> { block.base }
    }

    private static func take(_ count: Int) -> Block {
        let waiting = pool.withLock { blocks -> Block? in
            var best: Int?
            for index in blocks.indices where blocks[index].capacity >= count {
                if blocks[index].capacity < best.map({ blocks[$0].capacity }) ?? .max { best = index }
            }
            return best.map { blocks.remove(at: $0) }
        }
        if let waiting { return waiting }
        let capacity = max(4096, count)
        let raw = UnsafeMutableRawPointer.allocate(byteCount: capacity * MemoryLayout<Float>.stride, alignment: 64)
        return Block(base: raw.bindMemory(to: Float.self, capacity: capacity), capacity: capacity)
    }

    private static func give(_ block: Block) {
        var surplus: Block? = block
        if block.capacity <= keptCapacity {
            surplus = pool.withLock { blocks in
                blocks.append(block)
                guard blocks.count > keptBlocks else { return nil }
                let smallest = blocks.indices.min { blocks[$0].capacity < blocks[$1].capacity }
                return smallest.map { blocks.remove(at: $0) }
            }
        }
        if let surplus { UnsafeMutableRawPointer(surplus.base).deallocate() }
    }
}
