/// The head of a NumPy array file with one row of integers.
///
/// | bytes | what |
/// |---|---|
/// | 6 | `93` and `NUMPY` |
/// | 2 | version: 1.0, 2.0 or 3.0 |
/// | 2 or, from 2.0 on, 4 | length of the rest of the head, little endian |
/// | … | a Python dictionary with `descr`, `fortran_order` and `shape`, then spaces and a line feed |
///
/// The numbers follow, little endian. Read are `<u2`, `<u4`, `<i4` and `<i8`.
struct ArrayHeader: Equatable {
    enum Element: String, CaseIterable {
        case uint16 = "<u2"
        case uint32 = "<u4"
        case int32 = "<i4"
        case int64 = "<i8"

        var byteCount: Int {
            switch self {
            case .uint16: 2
            case .uint32, .int32: 4
            case .int64: 8
            }
        }
    }

    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    static let byteLimit = 1 << 20

    let element: Element
    let count: Int

    /// How many bytes of a file's first twelve go before the dictionary, and how many the dictionary has.
    static func lengths(_ prefix: [UInt8]) throws(ArrayFault) -> (head: Int, dictionary: Int) {
        guard prefix.count >= 12, prefix.starts(with: magic) else {
            throw ArrayFault(reason: "it does not begin as a .npy file")
        }
        let isFirst = prefix[6] == 1
        guard (1...3).contains(prefix[6]), prefix[7] == 0 else {
            throw ArrayFault(reason: "its format is \(prefix[6]).\(prefix[7]); 1.0, 2.0 and 3.0 are known")
        }
        var length = Int(prefix[8]) | Int(prefix[9]) << 8
        if !isFirst { length |= Int(prefix[10]) << 16 | Int(prefix[11]) << 24 }
        guard length <= byteLimit else {
            throw ArrayFault(reason: "its header claims \(length) bytes, more than \(byteLimit)")
        }
        return (isFirst ? 10 : 12, length)
    }

    init(element: Element, count: Int) {
        self.element = element
        self.count = count
    }

    /// Reads the dictionary.
    init(dictionary bytes: [UInt8]) throws(ArrayFault) {
        var reader = DictionaryReader(bytes: bytes)
        let fields = try reader.fields()
        guard let name = fields.descr else { throw ArrayFault(reason: "its header has no 'descr'") }
        guard let element = Element(rawValue: name) else {
            let names = Element.allCases.map(\.rawValue).joined(separator: ", ")
            throw ArrayFault(reason: "its elements are '\(name)'; known are \(names)")
        }
        guard let isFortran = fields.isFortran else { throw ArrayFault(reason: "its header has no 'fortran_order'") }
        guard !isFortran else { throw ArrayFault(reason: "it is in Fortran order, and C order is needed") }
        guard let shape = fields.shape else { throw ArrayFault(reason: "its header has no 'shape'") }
        guard shape.count == 1 else {
            throw ArrayFault(reason: "it has \(shape.count) dimensions, and one is needed")
        }
        guard !shape[0].multipliedReportingOverflow(by: element.byteCount).overflow else {
            throw ArrayFault(reason: "its shape claims \(shape[0]) elements")
        }
        self.init(element: element, count: shape[0])
    }

    /// The head of a file of this kind, padded as NumPy pads it.
    var bytes: [UInt8] {
        let text = "{'descr': '\(element.rawValue)', 'fortran_order': False, 'shape': (\(count),), }"
        // NumPy leaves room for a longer count, then rounds all up to 64 bytes.
        let needed = 10 + text.utf8.count + max(0, 21 - String(count).utf8.count) + 1
        let length = (needed + 63) / 64 * 64 - 10
        let padding = String(repeating: " ", count: length - text.utf8.count - 1)
        return Self.magic + [1, 0, UInt8(length & 0xff), UInt8(length >> 8)] + Array((text + padding + "\n").utf8)
    }
}

/// What in an array file is not as it should be.
struct ArrayFault: Error, Equatable {
    let reason: String
}

/// Reads the dictionary of a header: quoted keys, and of values strings, truth values and tuples of integers.
private struct DictionaryReader {
    struct Fields {
        var descr: String?
        var isFortran: Bool?
        var shape: [Int]?
    }

    private static let dimensionLimit = 32

    let bytes: [UInt8]
    private var offset = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func fields() throws(ArrayFault) -> Fields {
        var fields = Fields()
        try expect("{")
        while !take("}") {
            let key = try string()
            try expect(":")
            switch key {
            case "descr" where fields.descr == nil: fields.descr = try string()
            case "fortran_order" where fields.isFortran == nil: fields.isFortran = try truth()
            case "shape" where fields.shape == nil: fields.shape = try tuple()
            default: throw ArrayFault(reason: "its header has an unexpected '\(key)'")
            }
            guard take(",") else {
                try expect("}")
                break
            }
        }
        skipSpace()
        guard offset == bytes.count else { throw fault("the end") }
        return fields
    }

    private mutating func tuple() throws(ArrayFault) -> [Int] {
        var numbers: [Int] = []
        try expect("(")
        while !take(")") {
            guard numbers.count < Self.dimensionLimit else { throw fault("at most \(Self.dimensionLimit) dimensions") }
            numbers.append(try number())
            guard take(",") else {
                try expect(")")
                break
            }
        }
        return numbers
    }

    private mutating func number() throws(ArrayFault) -> Int {
        skipSpace()
        let start = offset
        while offset < bytes.count, (0x30...0x39).contains(bytes[offset]) { offset += 1 }
        guard let number = Int(String(decoding: bytes[start..<offset], as: UTF8.self)) else { throw fault("a number") }
        return number
    }

    private mutating func truth() throws(ArrayFault) -> Bool {
        if take("False") { return false }
        try expect("True")
        return true
    }

    private mutating func string() throws(ArrayFault) -> String {
        skipSpace()
        guard offset < bytes.count, bytes[offset] == 0x27 || bytes[offset] == 0x22 else { throw fault("a quote") }
        guard let end = bytes[(offset + 1)...].firstIndex(of: bytes[offset]) else { throw fault("a closed quote") }
        defer { offset = end + 1 }
        return String(decoding: bytes[(offset + 1)..<end], as: UTF8.self)
    }

    private mutating func take(_ text: String) -> Bool {
        skipSpace()
        guard bytes[offset...].starts(with: text.utf8) else { return false }
        offset += text.utf8.count
        return true
    }

    private mutating func expect(_ text: String) throws(ArrayFault) {
        guard take(text) else { throw fault("'\(text)'") }
    }

    private func fault(_ expected: String) -> ArrayFault {
        ArrayFault(reason: "its header has something else than \(expected) at byte \(offset)")
    }

    private mutating func skipSpace() {
        while offset < bytes.count, bytes[offset] == 0x20 || bytes[offset] == 0x0a { offset += 1 }
    }
}
