/// The records of a pax extended header that matter here: `LENGTH KEY=VALUE\n`, the length counting all of it.
struct PaxRecords {
    private(set) var path: [UInt8]?
    private(set) var size: Int?

    init(_ bytes: [UInt8]) throws(TarFault) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0 != 0x20 }
            guard digits.count <= 10, let length = Self.decimal(digits), length <= rest.count,
                length > digits.count + 1
            else { throw .badExtendedHeader(reason: "a record's length is wrong") }
            let record = rest.prefix(length).dropFirst(digits.count + 1)
            guard record.last == UInt8(ascii: "\n"), let equals = record.firstIndex(of: UInt8(ascii: "=")) else {
                throw .badExtendedHeader(reason: "a record is not KEY=VALUE with a line feed at its end")
            }
            try take(key: record[..<equals], value: record[(equals + 1)...].dropLast())
            rest = rest.dropFirst(length)
        }
    }

    private mutating func take(key: ArraySlice<UInt8>, value: ArraySlice<UInt8>) throws(TarFault) {
        if key.elementsEqual("path".utf8) { path = Array(value) }
        if key.elementsEqual("size".utf8) {
            guard let size = Self.decimal(value) else { throw .badNumber(field: "size") }
            self.size = size
        }
        if key.starts(with: "GNU.sparse.".utf8) { throw .notAFile(kind: "a sparse file") }
    }

    private static func decimal(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.first.map({ (0x30...0x39).contains($0) }) == true else { return nil }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}
