package import JSON

/// A value of a GGUF file's metadata, in the type that it has there.
package enum GGUFValue: Sendable, Equatable {
    case uint8(UInt8)
    case int8(Int8)
    case uint16(UInt16)
    case int16(Int16)
    case uint32(UInt32)
    case int32(Int32)
    case float32(Float)
    case bool(Bool)
    case string(String)
    case array(GGUFArray)
    case uint64(UInt64)
    case int64(Int64)
    case float64(Double)
}

/// Values of one type, one after the other.
package struct GGUFArray: Sendable, Equatable {
    package let type: GGUFValueType
    package let elements: [GGUFValue]

    package init(_ type: GGUFValueType, _ elements: [GGUFValue]) {
        self.type = type
        self.elements = elements
    }

    package init(_ texts: [String]) { self.init(.string, texts.map(GGUFValue.string)) }
    package init(_ numbers: [Int32]) { self.init(.int32, numbers.map(GGUFValue.int32)) }
    package init(_ numbers: [Float]) { self.init(.float32, numbers.map(GGUFValue.float32)) }
}

/// The types of values by the numbers that a file gives them.
package enum GGUFValueType: UInt32, Sendable, CaseIterable {
    case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

    /// The least bytes that a value takes.
    var leastByteCount: Int {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64, .string: 8
        case .array: 12
        }
    }
}

extension GGUFValue {
    package var type: GGUFValueType {
        switch self {
        case .uint8: .uint8
        case .int8: .int8
        case .uint16: .uint16
        case .int16: .int16
        case .uint32: .uint32
        case .int32: .int32
        case .float32: .float32
        case .bool: .bool
        case .string: .string
        case .array: .array
        case .uint64: .uint64
        case .int64: .int64
        case .float64: .float64
        }
    }

    /// The value as an integer.
    package var int: Int? {
        switch self {
        case .uint8(let value): Int(value)
        case .int8(let value): Int(value)
        case .uint16(let value): Int(value)
        case .int16(let value): Int(value)
        case .uint32(let value): Int(value)
        case .int32(let value): Int(value)
        case .uint64(let value): Int(exactly: value)
        case .int64(let value): Int(value)
        case .float32, .float64, .bool, .string, .array: nil
        }
    }

    /// The value as a number, whole or not.
    package var double: Double? {
        switch self {
        case .float32(let value): Double(value)
        case .float64(let value): value
        default: int.map { Double($0) }
        }
    }

    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var array: [GGUFValue]? { if case .array(let value) = self { value.elements } else { nil } }

    /// The value as a message quotes it: whole if it is short.
    var quoted: String {
        switch self {
        case .string(let text): JSONValue.string(String(text.prefix(80))).canonicalText
        case .bool(let flag): "\(flag)"
        case .array(let array): "an array of \(array.elements.count) values"
        case .float32(let number): "\(number)"
        default: int.map { "\($0)" } ?? double.map { "\($0)" } ?? "a number"
        }
    }

    /// The value in JSON, a float32 as the shortest decimal that is that float32.
    package var json: JSONValue {
        switch self {
        case .bool(let flag): .bool(flag)
        case .string(let text): .string(text)
        case .array(let array): .array(array.elements.map(\.json))
        case .float32(let number): .number(Double("\(number)") ?? Double(number))
        default: int.map(JSONValue.integer) ?? double.map(JSONValue.number) ?? .null
        }
    }
}
