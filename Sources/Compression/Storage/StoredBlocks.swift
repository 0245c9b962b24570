import Synchronization

/// Large blocks of memory that wait for the next layer: fresh ones cost a fault for each page, as much as what is written.
enum StoredBlocks {
    /// Memory, 64-byte aligned.
    ///
    /// `@unchecked Sendable` because whoever took it is its only user.
    struct Block: @unchecked Sendable {
        let base: UnsafeMutableRawPointer
        let byteCount: Int
    }

    /// Blocks that the allocator does not keep itself are kept here, a few of them.
    private static let (smallest, largest, most) = (1 << 17, 1 << 26, 8)
    private static let waiting = Mutex<[Block]>([])

    /// A block of at least so many bytes, of any content.
    static func take(_ byteCount: Int) -> Block {
        let fitting = byteCount...max(byteCount, 2 * byteCount)
        let kept = waiting.withLock { blocks -> Block? in
            blocks.lastIndex { fitting.contains($0.byteCount) }.map { blocks.remove(at: $0) }
        }
        return kept ?? Block(base: .allocate(byteCount: byteCount, alignment: 64), byteCount: byteCount)
    }

    /// Takes a block back.
    static func give(_ block: Block) {
        guard (smallest...largest).contains(block.byteCount) else { return block.base.deallocate() }
        let surplus = waiting.withLock { blocks -> Block? in
            blocks.append(block)
            return blocks.count > most ? blocks.removeFirst() : nil
        }
        surplus?.base.deallocate()
    }
}
