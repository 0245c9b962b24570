internal import FoundationEssentials
internal import GRDB

/// One value as SQLite holds it.
package enum SQLValue: Sendable, Equatable {
    case null
    case integer(Int)
    case real(Double)
    case text(String)
    case blob([UInt8])

    /// A whole number is held as an integer, any other as a real: 4 and 1.58 bits.
    package static func number(_ value: Double) -> SQLValue {
        Int(exactly: value).map(SQLValue.integer) ?? .real(value)
    }

    static func optional(_ value: Int?) -> SQLValue { value.map(SQLValue.integer) ?? .null }
    static func optional(_ value: Double?) -> SQLValue { value.map(SQLValue.real) ?? .null }
    /// The end of an interval, NULL where it has none.
    static func bound(_ value: Double?) -> SQLValue { value.map { $0.isFinite ? .real($0) : .null } ?? .null }
    static func optional(_ value: String?) -> SQLValue { value.map(SQLValue.text) ?? .null }

    /// The value as an SQL literal, by which two values are the same exactly when their literals are.
    package var literal: String {
        switch self {
        case .null: "NULL"
        case .integer(let value): "\(value)"
        case .real(let value): "\(value)"
        case .text(let value):
            "'" + value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
        case .blob(let bytes): "x'" + Self.hexadecimal(bytes) + "'"
        }
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}

extension SQLValue {
    init(_ value: DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let number): self = .integer(Int(number))
        case .double(let number): self = .real(number)
        case .string(let text): self = .text(text)
        case .blob(let data): self = .blob(Array(data))
        }
    }

    var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let number): number.databaseValue
        case .real(let number): number.databaseValue
        case .text(let text): text.databaseValue
        // Copied while the array lends its bytes.
        case .blob(let bytes): bytes.withUnsafeBytes { Data($0) }.databaseValue
        }
    }
}
