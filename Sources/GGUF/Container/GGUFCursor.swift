/// A place in a GGUF file's header that moves on as values are read; every length is compared with what is left of the file.
struct GGUFCursor {
    /// Of all arrays of a file together: vocabularies have a third of a million entries, and merges twice as many.
    static let mostElements = 1 << 23

    /// Lent by who made the cursor, which does not outlive the reading of a header.
    private let bytes: UnsafeRawBufferPointer
    let file: String
    private(set) var offset = 0
    /// Elements of arrays so far.
    private var elements = 0

    init(_ bytes: UnsafeRawBufferPointer, file: String) {
        self.bytes = bytes
        self.file = file
    }

    var left: Int { bytes.count - offset }

    /// Takes a number of a fixed size, little-endian as the machine is.
    mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type, _ place: @autoclosure () -> String
    ) throws(GGUFError) -> Number {
        let size = MemoryLayout<Number>.size
        guard size <= left else {
            throw .truncated(file: file, place: place(), offset: offset, needed: UInt64(size), found: left)
        }
        defer { offset += size }
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
    }

    /// Takes how many things follow, each of which has at least so many bytes.
    mutating func count(
        ofAtLeast byteCount: Int, _ place: @autoclosure () -> String
    ) throws(GGUFError) -> Int {
        let start = offset
        let given = try number(UInt64.self, place())
        guard given <= UInt64(left / byteCount), let count = Int(exactly: given) else {
            let (needed, overflow) = given.multipliedReportingOverflow(by: UInt64(byteCount))
            throw .truncated(
                file: file, place: place(), offset: start + 8, needed: overflow ? .max : needed, found: left)
        }
        return count
    }

    /// Takes a text: its length in bytes, then UTF-8.
    mutating func text(_ place: @autoclosure () -> String) throws(GGUFError) -> String {
        let count = try count(ofAtLeast: 1, place())
        defer { offset += count }
        guard let text = String(validating: bytes[offset..<offset + count], as: UTF8.self) else {
            throw .malformed(file: file, place: place(), found: "no UTF-8 at byte \(offset)", expected: "UTF-8")
        }
        return text
    }

    mutating func valueType(_ place: @autoclosure () -> String) throws(GGUFError) -> GGUFValueType {
        let given = try number(UInt32.self, place())
        guard let type = GGUFValueType(rawValue: given) else {
            throw .malformed(
                file: file, place: place(), found: "of type \(given)",
                expected: "of a type from 0 to \(GGUFValueType.allCases.count - 1)")
        }
        return type
    }

    /// Takes a value; arrays of arrays are none that anybody writes.
    mutating func value(
        _ type: GGUFValueType, _ place: @autoclosure () -> String
    ) throws(GGUFError) -> GGUFValue {
        switch type {
        case .uint8: .uint8(try number(UInt8.self, place()))
        case .int8: .int8(try number(Int8.self, place()))
        case .uint16: .uint16(try number(UInt16.self, place()))
        case .int16: .int16(try number(Int16.self, place()))
        case .uint32: .uint32(try number(UInt32.self, place()))
        case .int32: .int32(try number(Int32.self, place()))
        case .uint64: .uint64(try number(UInt64.self, place()))
        case .int64: .int64(try number(Int64.self, place()))
        case .float32: .float32(Float(bitPattern: try number(UInt32.self, place())))
        case .float64: .float64(Double(bitPattern: try number(UInt64.self, place())))
        case .string: .string(try text(place()))
        case .bool: .bool(try flag(place()))
        case .array: .array(try array(place()))
        }
    }

    private mutating func flag(_ place: @autoclosure () -> String) throws(GGUFError) -> Bool {
        switch try number(UInt8.self, place()) {
        case 0: return false
        case 1: return true
        case let other: throw .malformed(file: file, place: place(), found: "\(other)", expected: "0 or 1")
        }
    }

    private mutating func array(_ place: @autoclosure () -> String) throws(GGUFError) -> GGUFArray {
        let type = try valueType(place())
        guard type != .array else {
            throw .malformed(file: file, place: place(), found: "an array of arrays", expected: "an array of values")
        }
        let count = try count(ofAtLeast: type.leastByteCount, place())
        elements += count
        guard elements <= Self.mostElements else {
            throw .malformed(
                file: file, place: place(), found: "an array of \(count) values",
                expected: "at most \(Self.mostElements) values in all arrays")
        }
        var values: [GGUFValue] = []
        values.reserveCapacity(count)
        for index in 0..<count { values.append(try value(type, "element \(index) of \(place())")) }
        return GGUFArray(type, values)
    }
}
