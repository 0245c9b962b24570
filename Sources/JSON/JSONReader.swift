extension JSONValue {
    /// Reads one JSON text (RFC 8259, UTF-8), strictly: nothing before or after it, no duplicate keys, bounded depth.
    package init(parsing bytes: [UInt8]) throws(JSONError) {
        var reader = JSONReader(bytes: bytes)
        self = try reader.document()
    }

    /// Reads one JSON text from a string.
    package init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }
}

extension JSONObject {
    /// Reads a text that is one object, as strictly, member by member: no more than one is held, each of so many values at most.
    ///
    /// Of an array that is the member `list` the elements come one by one, each as such a member. `take` returns whether to
    /// go on.
    package static func readMembers(
        of bytes: [UInt8], mostValues: Int, elementsOf list: String? = nil, _ take: (Member) -> Bool
    ) throws(JSONError) {
        var reader = JSONReader(bytes: bytes, mostValues: mostValues)
        try reader.document(elementsOf: list, take)
    }
}

/// A recursive-descent reader over the bytes of one text.
private struct JSONReader {
    static let depthLimit = 128

    let bytes: [UInt8]
    /// The most values that are held at a time, and how many are.
    let mostValues: Int
    var values = 0
    var offset = 0

    init(bytes: [UInt8], mostValues: Int = .max) { (self.bytes, self.mostValues) = (bytes, mostValues) }

    mutating func document(elementsOf list: String?, _ take: (JSONObject.Member) -> Bool) throws(JSONError) {
        skipSpace()
        guard try peek() == UInt8(ascii: "{") else {
            throw .unexpectedByte(bytes[offset], offset: offset, expected: "'{'")
        }
        guard try members(depth: 0, elementsOf: list, isHeld: false, take) else { return }
        skipSpace()
        guard offset == bytes.count else { throw .trailingBytes(offset: offset) }
    }

    mutating func document() throws(JSONError) -> JSONValue {
        let value = try value(depth: 0)
        skipSpace()
        guard offset == bytes.count else { throw .trailingBytes(offset: offset) }
        return value
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth < Self.depthLimit else { throw .tooDeep(limit: Self.depthLimit, offset: offset) }
        values += 1
        guard values <= mostValues else { throw .tooManyValues(limit: mostValues, offset: offset) }
        skipSpace()
        switch try peek() {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case let byte: throw .unexpectedByte(byte, offset: offset, expected: "a value")
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        var found: [JSONObject.Member] = []
        _ = try members(depth: depth, elementsOf: nil, isHeld: true) {
            found.append($0)
            return true
        }
        return JSONObject(found)
    }

    /// Reads an object's members; false where `take` stopped.
    private mutating func members(
        depth: Int, elementsOf list: String?, isHeld: Bool, _ take: (JSONObject.Member) -> Bool
    ) throws(JSONError) -> Bool {
        offset += 1
        var seen: Set<ByteKey> = []
        skipSpace()
        if try peek() == UInt8(ascii: "}") {
            offset += 1
            return true
        }
        while true {
            skipSpace()
            let start = offset
            guard try peek() == UInt8(ascii: "\"") else {
                throw .unexpectedByte(bytes[offset], offset: offset, expected: "a key in quotes")
            }
            let key = try string()
            guard seen.insert(ByteKey(text: key)).inserted else { throw .duplicateKey(key, offset: start) }
            skipSpace()
            try expect(UInt8(ascii: ":"), "':'")
            skipSpace()
            if !isHeld { values = 0 }
            if key == list, try peek() == UInt8(ascii: "[") {
                guard try elements(depth: depth + 1, isHeld: false, { take(.init(key: key, value: $0)) }) else {
                    return false
                }
            } else if !take(.init(key: key, value: try value(depth: depth + 1))) {
                return false
            }
            if try ends(UInt8(ascii: "}"), "',' or '}'") { return true }
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        var found: [JSONValue] = []
        _ = try elements(depth: depth, isHeld: true) {
            found.append($0)
            return true
        }
        return found
    }

    /// Reads an array's elements; false where `take` stopped.
    private mutating func elements(
        depth: Int, isHeld: Bool, _ take: (JSONValue) -> Bool
    ) throws(JSONError) -> Bool {
        offset += 1
        skipSpace()
        if try peek() == UInt8(ascii: "]") {
            offset += 1
            return true
        }
        while true {
            if !isHeld { values = 0 }
            guard take(try value(depth: depth + 1)) else { return false }
            if try ends(UInt8(ascii: "]"), "',' or ']'") { return true }
        }
    }

    /// Takes the separator after an element; true when it closes the collection.
    private mutating func ends(_ close: UInt8, _ expected: String) throws(JSONError) -> Bool {
        skipSpace()
        let byte = try peek()
        guard byte == close || byte == UInt8(ascii: ",") else {
            throw .unexpectedByte(byte, offset: offset, expected: expected)
        }
        offset += 1
        return byte == close
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let start = offset
        for index in 0..<text.utf8CodeUnitCount {
            let letter = text.withUTF8Buffer { $0[index] }
            guard try peek() == letter else {
                throw .unexpectedByte(bytes[offset], offset: offset, expected: "'\(text)' begun at byte \(start)")
            }
            offset += 1
        }
        return value
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = offset
        var whole = true
        if bytes[offset] == UInt8(ascii: "-") { offset += 1 }
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "0") {
            offset += 1
        } else {
            try digits(from: start)
        }
        if offset < bytes.count, bytes[offset] == UInt8(ascii: ".") {
            whole = false
            offset += 1
            try digits(from: start)
        }
        if offset < bytes.count, bytes[offset] | 0x20 == UInt8(ascii: "e") {
            whole = false
            offset += 1
            if offset < bytes.count, bytes[offset] == UInt8(ascii: "+") || bytes[offset] == UInt8(ascii: "-") {
                offset += 1
            }
            try digits(from: start)
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if whole, let value = Int(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw .numberOutOfRange(offset: start) }
        return .number(value)
    }

    private mutating func digits(from start: Int) throws(JSONError) {
        let first = offset
        while offset < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset]) { offset += 1 }
        guard offset > first else { throw .invalidNumber(offset: start) }
    }

    private mutating func string() throws(JSONError) -> String {
        let start = offset
        offset += 1
        let body = offset
        while try !endsRun(peek()) { offset += 1 }
        if bytes[offset] == UInt8(ascii: "\"") {
            defer { offset += 1 }
            return try text(bytes[body..<offset], start: start)
        }
        var unescaped = Array(bytes[body..<offset])
        while true {
            let byte = try peek()
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                return try text(unescaped[...], start: start)
            case UInt8(ascii: "\\"): try escape(into: &unescaped)
            case 0..<0x20: throw .controlCharacter(byte, offset: offset)
            default:
                unescaped.append(byte)
                offset += 1
            }
        }
    }

    private func endsRun(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20
    }

    private func text(_ bytes: ArraySlice<UInt8>, start: Int) throws(JSONError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .invalidUTF8(offset: start) }
        return text
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        let start = offset
        offset += 1
        let letter = try peek()
        offset += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: Array(String(try scalar(start: start)).utf8))
        default: throw .invalidEscape(offset: start)
        }
    }

    private mutating func scalar(start: Int) throws(JSONError) -> Unicode.Scalar {
        let first = try hexadecimal(start: start)
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xdc00, offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"),
            bytes[offset + 1] == UInt8(ascii: "u")
        else { throw .loneSurrogate(offset: start) }
        offset += 2
        let second = try hexadecimal(start: start)
        guard (0xdc00..<0xe000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xd800) << 10 + UInt32(second) - 0xdc00)
        else { throw .loneSurrogate(offset: start) }
        return scalar
    }

    private mutating func hexadecimal(start: Int) throws(JSONError) -> UInt16 {
        guard offset + 4 <= bytes.count else { throw .unexpectedEnd(offset: bytes.count) }
        var value: UInt16 = 0
        for byte in bytes[offset..<offset + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw .invalidEscape(offset: start)
            }
            value = value << 4 | UInt16(digit)
        }
        offset += 4
        return value
    }

    private func peek() throws(JSONError) -> UInt8 {
        guard offset < bytes.count else { throw .unexpectedEnd(offset: offset) }
        return bytes[offset]
    }

    private mutating func expect(_ byte: UInt8, _ expected: String) throws(JSONError) {
        let found = try peek()
        guard found == byte else { throw .unexpectedByte(found, offset: offset, expected: expected) }
        offset += 1
    }

    private mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0a, 0x0d: offset += 1
            default: return
            }
        }
    }
}

/// A key that is equal to another only if the bytes are.
private struct ByteKey: Hashable {
    let text: String

    static func == (left: ByteKey, right: ByteKey) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }
}
