/// Which of many keys are the smallest so and so many: those below `key`, and the first `ties` of those equal to it.
struct Cutoff: Equatable {
    let key: UInt32
    let ties: Int

    /// The smallest `count` of the keys: of a few by comparing each with all, of many byte by byte from the highest, in four
    /// readings, whatever the keys are.
    init(smallest count: Int, of keys: Span<UInt32>) {
        precondition(count <= keys.count)
        if keys.count <= Self.few, count > 0 {
            self.init(smallest: count, ofFew: keys)
        } else {
            self.init(smallest: count, ofMany: keys)
        }
    }

    private static let few = 16

    private init(smallest count: Int, ofFew keys: Span<UInt32>) {
        for index in keys.indices {
            var (below, equal) = (0, 0)
            for other in keys.indices {
                if keys[other] < keys[index] { below += 1 } else if keys[other] == keys[index] { equal += 1 }
            }
            if below < count, count <= below + equal {
                (key, ties) = (keys[index], count - below)
                return
            }
        }
        preconditionFailure("one of the keys is the count-th")
    }

    private init(smallest count: Int, ofMany keys: Span<UInt32>) {
        var (prefix, mask, rest) = (UInt32(0), UInt32(0), count)
        for shift in [24, 16, 8, 0] as [UInt32] {
            var histogram = [Int](repeating: 0, count: 256)
            for index in keys.indices where keys[index] & mask == prefix {
                histogram[Int(keys[index] &>> shift & 255)] += 1
            }
            var byte = 0
            while byte < 255, rest > histogram[byte] {
                rest -= histogram[byte]
                byte += 1
            }
            prefix |= UInt32(byte) &<< shift
            mask |= 255 &<< shift
        }
        (key, ties) = (prefix, rest)
    }

    /// Writes 0 for the keys that are among the smallest, 1 for the others.
    func mark(_ keys: Span<UInt32>, into kept: inout MutableSpan<UInt8>) {
        precondition(kept.count == keys.count, "there is room for just these marks")
        var left = ties
        for index in keys.indices {
            let value = keys[index]
            let isTie = value == key && left > 0
            if isTie { left -= 1 }
            kept[index] = value < key || isTie ? 0 : 1
        }
    }
}

extension Float {
    /// Bits that are ordered as the values are, for values that are not negative.
    @inline(__always)
    var orderedBits: UInt32 { bitPattern & 0x7fff_ffff }
}
