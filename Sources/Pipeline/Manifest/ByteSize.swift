/// A number of bytes as people write it: `512MB`, `4GiB`, `1.5TB`.
package struct ByteSize: Sendable, Equatable {
    package let bytes: Int

    /// Reads a number above zero and its unit; nil for other text.
    package init?(_ text: String) {
        let units: KeyValuePairs = [
            "kB": 1000.0, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KiB": 0x1p10, "MiB": 0x1p20, "GiB": 0x1p30, "TiB": 0x1p40,
            "B": 1,
        ]
        guard let unit = units.first(where: { text.hasSuffix($0.key) }),
            let number = Double(text.dropLast(unit.key.count).trimmingSuffix { $0 == " " }), number > 0,
            let bytes = Int(exactly: (number * unit.value).rounded()), bytes < 1 << 60
        else { return nil }
        self.bytes = bytes
    }

    /// What a text that is none should have been.
    package static let expected = "a size such as 512MB, 4GiB or 1.5TB"
}

extension Field {
    /// The number of bytes that a text says.
    func byteSize() throws(ManifestError) -> Int {
        guard let size = ByteSize(try string()) else { throw invalid("not \(ByteSize.expected)") }
        return size.bytes
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while isDropped: (Character) -> Bool) -> Substring {
        guard let last = lastIndex(where: { !isDropped($0) }) else { return self[..<startIndex] }
        return self[...last]
    }
}
