/// The points that a group of codes may take in an IQ type.
///
/// A point is `dimensions` digits below `levels`, packed into a code of two or three bits each, the first in the lowest.
struct Grid: Sendable {
    let dimensions: Int
    let levels: Int
    /// The codes of the points in the order of their numbers, which is that of the codes.
    let codes: [UInt16]

    /// Bits of one digit in a code.
    var digitBits: Int { levels == 3 ? 2 : 3 }

    /// A grid of the points that are set in hexadecimal digits; `GridPoints` says how.
    init(dimensions: Int, levels: Int, points: StaticString) {
        self.dimensions = dimensions
        self.levels = levels
        var codes: [UInt16] = []
        points.withUTF8Buffer { text in
            for (position, character) in text.enumerated() {
                let bits = Int(character) - (character < 0x3a ? 0x30 : 0x57)
                for bit in 0..<4 where bits >> bit & 1 == 1 {
                    codes.append(Self.code(position * 4 + bit, dimensions, levels))
                }
            }
        }
        self.codes = codes
    }

    /// Digit `index` of a code.
    @inline(__always)
    func digit(_ code: UInt16, _ index: Int) -> Int { Int(code) >> (digitBits * index) & (levels == 3 ? 3 : 7) }

    /// Every code whose digits are below `levels`, rising.
    var allCodes: [UInt16] {
        let count = (0..<dimensions).reduce(1) { count, _ in count * levels }
        return (0..<count).map { Self.code($0, dimensions, levels) }
    }

    /// The squared distance of two codes' digits.
    var distance: (UInt16, UInt16) -> Int {
        // Two digits of three bits or four of two: the codes' halves, each of at most eight bits.
        let halfBits = digitBits * dimensions / 2
        let table = (0..<1 << (2 * halfBits)).map { pair in
            (0..<dimensions / 2).reduce(0) { sum, index in
                let difference =
                    digit(UInt16(pair >> halfBits), index) - digit(UInt16(pair & ((1 << halfBits) - 1)), index)
                return sum + difference * difference
            }
        }
        let mask = UInt16((1 << halfBits) - 1)
        return { one, other in
            table[Int(one & mask) << halfBits | Int(other & mask)]
                + table[Int(one >> UInt16(halfBits)) << halfBits | Int(other >> UInt16(halfBits))]
        }
    }

    /// The code of a number's digits.
    private static func code(_ number: Int, _ dimensions: Int, _ levels: Int) -> UInt16 {
        var (rest, code) = (number, 0)
        for index in 0..<dimensions {
            code |= (rest % levels) << (index * (levels == 3 ? 2 : 3))
            rest /= levels
        }
        return UInt16(code)
    }
}
