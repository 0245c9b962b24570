/// GPT-2's alphabet: every byte as one printable scalar, so that a vocabulary of byte strings can be written as text.
///
/// The bytes `!`…`~`, `¡`…`¬` and `®`…`ÿ` stand for themselves; the other 68 are U+0100 and up, in order.
enum ByteAlphabet {
    /// The scalar of each byte.
    static let scalars: [Unicode.Scalar] = {
        var spare: UInt8 = 0
        return (UInt8.min...UInt8.max).map { byte in
            switch byte {
            case 0x21...0x7e, 0xa1...0xac, 0xae...0xff: return Unicode.Scalar(byte)
            default:
                defer { spare += 1 }
                // U+0100 and U+00xx differ in bit 8 alone, and no spare number reaches 0x100.
                return Unicode.Scalar(spare).shiftedToSecondPage
            }
        }
    }()

    private static let bytes: [Unicode.Scalar: UInt8] = Dictionary(
        uniqueKeysWithValues: scalars.enumerated().map { ($1, UInt8($0)) })

    /// The bytes that a vocabulary entry stands for, or nil if it has scalars outside the alphabet.
    static func bytes(of text: String) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            guard let byte = bytes[scalar] else { return nil }
            result.append(byte)
        }
        return result
    }
}

extension Unicode.Scalar {
    fileprivate var shiftedToSecondPage: Unicode.Scalar { Unicode.Scalar(0x100 + value) ?? self }
}
