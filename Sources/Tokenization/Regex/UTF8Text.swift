/// Reading scalars out of text that is known to be UTF-8.
extension Span<UInt8> {
    /// The scalar that begins at an offset and its length in bytes.
    @inline(__always)
    func scalar(at offset: Int) -> (value: UInt32, byteCount: Int) {
        let lead = self[offset]
        if lead < 0x80 { return (UInt32(lead), 1) }
        return longScalar(at: offset, lead: UInt32(lead))
    }

    private func longScalar(at offset: Int, lead: UInt32) -> (value: UInt32, byteCount: Int) {
        let byteCount = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
        var value = lead & (0x7f >> UInt32(byteCount))
        for index in offset + 1..<offset + byteCount { value = value << 6 | UInt32(self[index] & 0x3f) }
        return (value, byteCount)
    }

    /// Where the scalar before an offset begins.
    func start(before offset: Int) -> Int {
        var start = offset - 1
        while self[start] & 0xc0 == 0x80 { start -= 1 }
        return start
    }

    /// Whether these bytes stand at an offset.
    func matches(_ bytes: [UInt8], at offset: Int, limit: Int) -> Bool {
        guard bytes.count <= limit - offset else { return false }
        for index in bytes.indices where self[offset + index] != bytes[index] { return false }
        return true
    }
}
