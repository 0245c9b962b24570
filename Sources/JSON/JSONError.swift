/// Why a text is not JSON as this project accepts it; offsets count bytes from the start of the text.
package enum JSONError: Error, Equatable {
    case unexpectedEnd(offset: Int)
    case unexpectedByte(UInt8, offset: Int, expected: String)
    case trailingBytes(offset: Int)
    case invalidNumber(offset: Int)
    case numberOutOfRange(offset: Int)
    case invalidEscape(offset: Int)
    case loneSurrogate(offset: Int)
    case invalidUTF8(offset: Int)
    case controlCharacter(UInt8, offset: Int)
    case duplicateKey(String, offset: Int)
    case tooDeep(limit: Int, offset: Int)
    case tooManyValues(limit: Int, offset: Int)
}

extension JSONError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unexpectedEnd(let offset): "text ends at byte \(offset) inside a value"
        case .unexpectedByte(let byte, let offset, let expected):
            "byte \(offset) is \(Self.quote(byte)) where \(expected) was expected"
        case .trailingBytes(let offset): "text goes on at byte \(offset) after its value"
        case .invalidNumber(let offset): "malformed number at byte \(offset)"
        case .numberOutOfRange(let offset): "number at byte \(offset) does not fit a double"
        case .invalidEscape(let offset): "malformed escape at byte \(offset)"
        case .loneSurrogate(let offset): "escape at byte \(offset) is half of a surrogate pair"
        case .invalidUTF8(let offset): "string at byte \(offset) is not UTF-8"
        case .controlCharacter(let byte, let offset): "unescaped control character \(byte) at byte \(offset)"
        case .duplicateKey(let key, let offset): "second '\(key)' in one object at byte \(offset)"
        case .tooManyValues(let limit, let offset): "more than \(limit) values in one at byte \(offset)"
        case .tooDeep(let limit, let offset): "values nest deeper than \(limit) at byte \(offset)"
        }
    }

    private static func quote(_ byte: UInt8) -> String {
        (0x21...0x7e).contains(byte) ? "'\(Character(Unicode.Scalar(byte)))'" : "0x" + String(byte, radix: 16)
    }
}
