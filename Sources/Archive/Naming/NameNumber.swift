/// A number at the beginning of some bytes, with what it is in whole.
struct NameNumber {
    let count: NamedCount?
    let unit: UInt8?
    let end: Int

    /// Nil where no digit stands.
    init?(_ bytes: ArraySlice<UInt8>) {
        var whole = bytes.prefix(while: NameReader.digits.contains)
        guard !whole.isEmpty else { return nil }
        var end = whole.endIndex
        var text = Array(whole)
        while text.count <= 18, bytes[end...].first == UInt8(ascii: ",") {
            whole = bytes[(end + 1)...].prefix(while: NameReader.digits.contains)
            guard whole.count == 3 else { break }
            text += whole
            end = whole.endIndex
        }
        var fraction: ArraySlice<UInt8> = []
        if bytes[end...].first == UInt8(ascii: ".") {
            fraction = bytes[(end + 1)...].prefix(while: NameReader.digits.contains)
            if !fraction.isEmpty { end = fraction.endIndex }
        }
        let unit = bytes[end...].first.flatMap { byte in "kmbt".utf8.contains(byte) ? byte : nil }
        if unit != nil { end += 1 }
        self.end = end
        self.unit = unit
        count = Self.count(text + fraction, decimals: fraction.count, unit: unit)
    }

    /// digits · 10^(exponent of the unit − decimals), if that is a whole number and fits.
    private static func count(_ digits: [UInt8], decimals: Int, unit: UInt8?) -> NamedCount? {
        let exponents: [UInt8: Int] = [
            UInt8(ascii: "k"): 3, UInt8(ascii: "m"): 6, UInt8(ascii: "b"): 9, UInt8(ascii: "t"): 12,
        ]
        let exponent = (unit.flatMap { exponents[$0] } ?? 0) - decimals
        guard exponent >= 0, let value = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
        let step: Int = repeatElement(10, count: exponent).reduce(1, &*)
        let (count, overflow) = value.multipliedReportingOverflow(by: step)
        return overflow ? nil : NamedCount(value: count, tolerance: unit == nil ? 0 : step)
    }

    /// Whether nothing alphanumeric follows and the number is a whole one.
    func isWhole(followedBy bytes: [UInt8]) -> Bool {
        count != nil && (end == bytes.count || !NameReader.isAlphanumeric(bytes[end])) && !continues(in: bytes)
    }

    /// Whether it is meant as a number: it ends where a word does, or goes on in digits.
    func looksLikeACount(followedBy bytes: [UInt8]) -> Bool {
        end == bytes.count || !NameReader.isAlphanumeric(bytes[end])
    }

    /// Whether more digits follow behind a comma or a point.
    private func continues(in bytes: [UInt8]) -> Bool {
        end + 1 < bytes.count && (bytes[end] == UInt8(ascii: ",") || bytes[end] == UInt8(ascii: "."))
            && NameReader.digits.contains(bytes[end + 1])
    }
}

extension NameNumber {
    /// The number that a whole text is; nil for other texts.
    init?(_ text: String) {
        let bytes = text.lowercased().utf8
        self.init(Array(bytes)[...])
        guard end == bytes.count else { return nil }
    }
}
