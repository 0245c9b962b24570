import Kernels

/// Which of each few consecutive keys are the largest.
enum PatternMask {
    /// Writes 1 for the largest `keep` of each `length` keys and 0 for the others; of equal keys the later ones are larger.
    ///
    /// Keys are bits of floats that are not negative, so that they can be compared as signed numbers.
    static func mark(_ keys: Span<UInt32>, keep: Int, of length: Int, into kept: inout MutableSpan<UInt8>) {
        precondition(kept.count == keys.count && keys.count.isMultiple(of: length), "there are whole groups of keys")
        var index = 0
        if length == 4 {
            while index + 8 <= keys.count {
                let flags = largest(keys.bytes.number(SIMD8<Int32>.self, at: 4 * index), of4: Int32(4 - keep))
                kept.store(SIMD8<UInt8>(truncatingIfNeeded: flags), at: index)
                index += 8
            }
        }
        while index < keys.count {
            let part = keys.extracting(index..<index + length)
            kept.withPart(index..<index + length) { Cutoff(smallest: length - keep, of: part).mark(part, into: &$0) }
            index += length
        }
    }

    /// 1 in the lanes of which at least so many of the other three are smaller, of two groups of four.
    @inline(__always)
    private static func largest(_ keys: SIMD8<Int32>, of4 pruned: Int32) -> SIMD8<Int32> {
        // A key that stands earlier is smaller than its equal: it is compared with one more.
        let swapped = SIMD8(keys[1], keys[0], keys[3], keys[2], keys[5], keys[4], keys[7], keys[6])
        let turned = SIMD8(keys[2], keys[3], keys[0], keys[1], keys[6], keys[7], keys[4], keys[5])
        let mirrored = SIMD8(keys[3], keys[2], keys[1], keys[0], keys[7], keys[6], keys[5], keys[4])
        var smaller = SIMD8<Int32>.zero
        smaller &-= isBelow(swapped, keys &+ SIMD8(0, 1, 0, 1, 0, 1, 0, 1))
        smaller &-= isBelow(turned, keys &+ SIMD8(0, 0, 1, 1, 0, 0, 1, 1))
        smaller &-= isBelow(mirrored, keys &+ SIMD8(0, 0, 1, 1, 0, 0, 1, 1))
        return isBelow(SIMD8(repeating: pruned - 1), smaller) & 1
    }

    /// −1 where a number is below another, both of 31 bits.
    @inline(__always)
    private static func isBelow(_ a: SIMD8<Int32>, _ b: SIMD8<Int32>) -> SIMD8<Int32> { (a &- b) &>> 31 }
}
