import Foundation
@_spi(_Unicode) import Swift

/// Unicode's normalization forms, by the tables of Unicode 9 that the `tokenizers` library has.
///
/// Scalars that were added later neither decompose, compose nor move: text is cut at them.
enum NormalizationForm: String, Sendable, CaseIterable {
    case c = "NFC"
    case d = "NFD"
    case kc = "NFKC"
    case kd = "NFKD"

    private static let versionMajor = 9

    /// The form of a UTF-8 text.
    func normalized(_ text: [UInt8]) -> [UInt8] {
        if text.allSatisfy({ $0 < 0x80 }) { return text }
        var result = String.UnicodeScalarView()
        var stretch = String.UnicodeScalarView()
        func flush() {
            if self == .c || self == .kc {
                for scalar in String(stretch)._nfc { result.append(scalar) }
            } else {
                for scalar in String(stretch)._nfd { result.append(scalar) }
            }
            stretch.removeAll(keepingCapacity: true)
        }
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            guard let age = scalar.properties.age, age.major <= Self.versionMajor else {
                flush()
                result.append(scalar)
                continue
            }
            if isCompatible, !scalar.isASCII {
                stretch.append(contentsOf: String(scalar).decomposedStringWithCompatibilityMapping.unicodeScalars)
            } else {
                stretch.append(scalar)
            }
        }
        flush()
        return Array(String(result).utf8)
    }

    private var isCompatible: Bool { self == .kc || self == .kd }
}
