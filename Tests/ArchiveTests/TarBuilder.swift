/// Makes tar archives for tests, the malformed ones included.
struct TarBuilder {
    private(set) var bytes: [UInt8] = []

    /// Appends an entry; `patch` changes the header before its checksum is taken.
    mutating func add(
        _ name: String, _ content: [UInt8] = [], kind: Character = "0", patch: (inout [UInt8]) -> Void = { _ in }
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        header.replaceSubrange(0..<min(100, name.utf8.count), with: name.utf8.prefix(100))
        header.replaceSubrange(124..<136, with: Array(Self.octal(content.count, digits: 11).utf8) + [0])
        header[156] = kind.asciiValue ?? 0
        header.replaceSubrange(257..<265, with: Array("ustar\0".utf8) + Array("00".utf8))
        patch(&header)
        header.replaceSubrange(148..<156, with: [UInt8](repeating: 0x20, count: 8))
        let sum = header.reduce(0) { $0 + Int($1) }
        header.replaceSubrange(148..<156, with: Array(Self.octal(sum, digits: 6).utf8) + [0, 0x20])
        bytes += header + content
        bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    /// The archive with its closing blocks.
    var closed: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

    private static func octal(_ value: Int, digits: Int) -> String {
        let text = String(value, radix: 8)
        return String(repeating: "0", count: digits - text.count) + text
    }
}

/// A tar archive of small files.
func tar(_ files: [(name: String, content: String)]) -> [UInt8] {
    var builder = TarBuilder()
    for file in files { builder.add(file.name, Array(file.content.utf8)) }
    return builder.closed
}
