import JSON

/// One tensor's member of a safetensors header, read and checked against itself.
struct TensorEntry {
    let file: String
    let name: String
    let type: ElementType
    let shape: [Int]
    /// Bytes from the end of the header.
    let offsets: Range<Int>

    init(_ member: JSONObject.Member, file: String) throws(CheckpointError) {
        let name = member.key
        guard !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else {
            throw .controlCharacterInName(file: file, tensor: name)
        }
        guard let entry = member.value.object else {
            throw .malformedTensor(
                file: file, tensor: name, field: nil, found: member.value.kind,
                expected: "an object with dtype, shape and data_offsets")
        }
        self.file = file
        self.name = name
        type = try Self.type(entry["dtype"], file: file, name: name)
        shape = try Self.integers(entry["shape"], field: "shape", file: file, name: name)
        let pair = try Self.integers(entry["data_offsets"], field: "data_offsets", file: file, name: name)
        guard pair.count == 2 else {
            throw .malformedTensor(
                file: file, tensor: name, field: "data_offsets", found: "\(pair.count) numbers",
                expected: "[begin, end]")
        }
        guard pair[0] <= pair[1] else {
            throw .offsetsReversed(file: file, tensor: name, begin: pair[0], end: pair[1])
        }
        offsets = pair[0]..<pair[1]
    }

    /// What the rest of the program sees, once shape, type and offsets agree.
    func info(dataOffset: Int) throws(CheckpointError) -> TensorInfo {
        guard let expected = TensorInfo.byteCount(type: type, shape: shape) else {
            throw .impossibleShape(file: file, tensor: name, shape: shape, type: type)
        }
        guard expected == offsets.count else {
            throw .sizeMismatch(
                file: file, tensor: name, bytes: offsets, shape: shape, type: type, expected: expected)
        }
        let (end, overflow) = offsets.upperBound.addingReportingOverflow(dataOffset)
        guard !overflow else { throw .impossibleShape(file: file, tensor: name, shape: shape, type: type) }
        return TensorInfo(
            name: name, type: type, shape: shape, byteRange: offsets.lowerBound + dataOffset..<end)
    }

    private static func type(
        _ value: JSONValue?, file: String, name: String
    ) throws(CheckpointError) -> ElementType {
        guard let text = value?.string else {
            throw .malformedTensor(
                file: file, tensor: name, field: "dtype", found: value?.kind ?? "nothing", expected: "a string")
        }
        guard let type = ElementType(rawValue: text) else {
            throw .unknownType(file: file, tensor: name, found: text)
        }
        return type
    }

    private static func integers(
        _ value: JSONValue?, field: String, file: String, name: String
    ) throws(CheckpointError) -> [Int] {
        guard let elements = value?.array else {
            throw .malformedTensor(
                file: file, tensor: name, field: field, found: value?.kind ?? "nothing", expected: "an array")
        }
        var integers: [Int] = []
        for element in elements {
            guard case .integer(let integer) = element, integer >= 0 else {
                throw .malformedTensor(
                    file: file, tensor: name, field: field, found: element.canonicalText,
                    expected: "integers from 0 up")
            }
            integers.append(integer)
        }
        return integers
    }
}
