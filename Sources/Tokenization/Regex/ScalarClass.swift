/// A set of Unicode scalars as a regular expression names it: `\p{L}`, `\s`, `[^\r\n\p{L}]`.
struct ScalarClass: Sendable, Equatable {
    /// What is asked of a scalar beyond its category; any that holds puts it into the set.
    struct Traits: OptionSet {
        let rawValue: UInt8
        static let space = Traits(rawValue: 1)
        static let notSpace = Traits(rawValue: 2)
        static let word = Traits(rawValue: 4)
        static let notWord = Traits(rawValue: 8)
    }

    private(set) var categories: ScalarCategories = []
    private var traits: UInt8 = 0
    private(set) var ranges: [ClosedRange<UInt32>] = []
    var isNegated = false
    /// The answers for ASCII, where nearly all questions are asked.
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    mutating func insert(_ categories: ScalarCategories) { self.categories.formUnion(categories) }
    mutating func insert(_ trait: Traits) { traits |= trait.rawValue }
    mutating func insert(_ range: ClosedRange<UInt32>) { ranges.append(range) }

    /// Takes in all of a class that is not negated.
    mutating func formUnion(_ other: ScalarClass) {
        categories.formUnion(other.categories)
        traits |= other.traits
        ranges += other.ranges
    }

    /// Adds the other case of every scalar that lies in a range, as `(?i:…)` asks; false where that is more than the
    /// folding of ASCII letters, or where it concerns a property.
    mutating func foldCase() -> Bool {
        guard categories.isEmpty, traits == 0 else { return false }
        for range in ranges {
            guard range.upperBound < 0x80 else { return false }
            for value in range {
                guard (0x41...0x5a).contains(value & ~0x20) else { continue }
                insert(value ^ 0x20...value ^ 0x20)
                // The two scalars outside ASCII that fold onto ASCII letters: long s and the Kelvin sign.
                if value & ~0x20 == 0x53 { insert(0x17f...0x17f) }
                if value & ~0x20 == 0x4b { insert(0x212a...0x212a) }
            }
        }
        return true
    }

    /// Answers for ASCII are taken from two words from here on; nothing may be inserted afterwards.
    mutating func seal() {
        low = 0
        high = 0
        for value in UInt32(0)..<64 where decides(value) { low |= 1 << value }
        for value in UInt32(64)..<128 where decides(value) { high |= 1 << (value - 64) }
    }

    @inline(__always)
    func contains(ascii byte: UInt8) -> Bool {
        byte < 64 ? low >> byte & 1 != 0 : high >> (byte & 63) & 1 != 0
    }

    @inline(__always)
    func contains(_ value: UInt32) -> Bool {
        value < 0x80 ? contains(ascii: UInt8(truncatingIfNeeded: value)) : decides(value)
    }

    private func decides(_ value: UInt32) -> Bool {
        let properties = ScalarProperties.of(value)
        if categories.contains(properties.category) { return !isNegated }
        if traits != 0, traits & properties.traits != 0 { return !isNegated }
        for range in ranges where range.contains(value) { return !isNegated }
        return isNegated
    }
}
