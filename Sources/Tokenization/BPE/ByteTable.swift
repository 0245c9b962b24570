/// A hash table from byte strings to numbers.
///
/// A vocabulary's keys are bytes: as `String`s, `é` in one scalar and in two would be the same key. Lookups take a span, so
/// asking for a piece of text allocates nothing.
struct ByteTable: Sendable {
    private struct Slot {
        var hash: UInt32
        var offset: UInt32
        var byteCount: UInt32
        var value: UInt32
    }

    private static let free = UInt32.max

    private var slots: [Slot]
    /// All keys, one after the other.
    private(set) var keyBytes: [UInt8] = []
    private(set) var count = 0

    /// Makes room for a number of keys.
    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        slots = Self.empty(size)
    }

    private static func empty(_ size: Int) -> [Slot] {
        [Slot](repeating: Slot(hash: 0, offset: 0, byteCount: free, value: 0), count: size)
    }

    /// A hash of all bytes, of which all bits depend on all bytes.
    @inline(__always)
    static func hash(_ key: Span<UInt8>) -> UInt32 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in key.indices { hash = (hash ^ UInt64(key[index])) &* 0x100_0000_01b3 }
        return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
    }

    /// The value of a key.
    subscript(key: Span<UInt8>) -> UInt32? { value(of: key, hash: Self.hash(key)) }

    subscript(key: [UInt8]) -> UInt32? { self[key.span] }

    @inline(__always)
    func value(of key: Span<UInt8>, hash: UInt32) -> UInt32? {
        let mask = slots.count - 1
        var index = Int(hash) & mask
        while slots[index].byteCount != Self.free {
            if slots[index].hash == hash, isKey(slots[index], key) { return slots[index].value }
            index = (index + 1) & mask
        }
        return nil
    }

    @inline(__always)
    private func isKey(_ slot: Slot, _ key: Span<UInt8>) -> Bool {
        guard Int(slot.byteCount) == key.count else { return false }
        let offset = Int(slot.offset)
        for index in key.indices where keyBytes[offset + index] != key[index] { return false }
        return true
    }

    /// Adds a key that is not in the table; its bytes and those before it are fewer than 4 GiB.
    mutating func insert(_ key: Span<UInt8>, hash: UInt32, value: UInt32) {
        if (count + 1) * 2 > slots.count { grow() }
        place(Slot(hash: hash, offset: UInt32(keyBytes.count), byteCount: UInt32(key.count), value: value))
        for index in key.indices { keyBytes.append(key[index]) }
        count += 1
    }

    mutating func insert(_ key: [UInt8], value: UInt32) {
        insert(key.span, hash: Self.hash(key.span), value: value)
    }

    private mutating func place(_ slot: Slot) {
        let mask = slots.count - 1
        var index = Int(slot.hash) & mask
        while slots[index].byteCount != Self.free { index = (index + 1) & mask }
        slots[index] = slot
    }

    private mutating func grow() {
        let old = slots
        slots = Self.empty(old.count * 2)
        for slot in old where slot.byteCount != Self.free { place(slot) }
    }

    /// Forgets all keys and keeps the room for them.
    mutating func removeAll() {
        for index in slots.indices { slots[index].byteCount = Self.free }
        keyBytes.removeAll(keepingCapacity: true)
        count = 0
    }
}
