/// A comma-separated table (RFC 4180: quotes, doubled quotes, LF or CRLF) with a header; empty lines are skipped.
package struct CSVTable {
    package var header: [String]
    /// Fields of each row with the line it starts on, from 1.
    package var rows: [(line: Int, fields: [String])]

    /// Reads a file's bytes, which must be UTF-8.
    package init(_ bytes: [UInt8]) throws(ScalingLawsError) {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
        try self.init(text)
    }

    init(_ text: String) throws(ScalingLawsError) {
        guard text.utf8.contains(UInt8(ascii: "\n")) || !text.utf8.contains(UInt8(ascii: "\r")) else {
            throw .carriageReturns
        }
        var records = try Self.records(of: text)
        guard !records.isEmpty else { throw .emptyTable }
        header = records.removeFirst().fields
        rows = records
        for row in rows where row.fields.count != header.count {
            throw .wrongFieldCount(line: row.line, found: row.fields.count, expected: header.count)
        }
    }

    private static func records(of text: String) throws(ScalingLawsError) -> [(line: Int, fields: [String])] {
        var records: [(line: Int, fields: [String])] = []
        var scanner = FieldScanner(text)
        while !scanner.isAtEnd {
            let line = scanner.line
            let fields = try scanner.record()
            if fields != [""] { records.append((line, fields)) }
        }
        return records
    }
}

/// Cuts bytes into fields; stands at the start of a record between calls.
private struct FieldScanner {
    private let bytes: [UInt8]
    private var position = 0
    private(set) var line = 1

    init(_ text: String) {
        bytes = Array(text.utf8)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    var isAtEnd: Bool { position >= bytes.count }

    mutating func record() throws(ScalingLawsError) -> [String] {
        var fields: [String] = []
        while true {
            fields.append(try field())
            guard !isAtEnd else { return fields }
            let separator = bytes[position]
            position += 1
            if separator == UInt8(ascii: ",") { continue }
            line += 1
            return fields
        }
    }

    private mutating func field() throws(ScalingLawsError) -> String {
        var content: [UInt8] = []
        while !isAtEnd {
            switch bytes[position] {
            case UInt8(ascii: ","), UInt8(ascii: "\n"): return Self.trimmed(content)
            case UInt8(ascii: "\""):
                try quoted(into: &content)
            case let byte:
                content.append(byte)
                position += 1
            }
        }
        return Self.trimmed(content)
    }

    private mutating func quoted(into content: inout [UInt8]) throws(ScalingLawsError) {
        let opened = line
        position += 1
        while !isAtEnd {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\n") { line += 1 }
            guard byte == UInt8(ascii: "\"") else {
                content.append(byte)
                continue
            }
            guard !isAtEnd, bytes[position] == UInt8(ascii: "\"") else { return }
            content.append(byte)
            position += 1
        }
        throw .unterminatedQuote(line: opened)
    }

    private static func trimmed(_ content: [UInt8]) -> String {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D }
        let start = content.firstIndex { !isBlank($0) } ?? content.endIndex
        let end = content.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? start
        return String(decoding: content[start..<end], as: UTF8.self)
    }
}
