import JSON

/// The header of a safetensors file, completely validated: behind it nobody checks an offset again.
///
/// | bytes | what |
/// |---|---|
/// | 0 ..< 8 | n, the header's length: unsigned, little endian, at most 2²⁵ |
/// | 8 ..< 8 + n | a JSON object, beginning with `{`, padded at its end with spaces |
/// | 8 + n ... | the tensors' values, little endian, row major, without gaps up to the end of the file |
///
/// Each member of the object is `name: {"dtype": …, "shape": […], "data_offsets": [begin, end]}`, with offsets from
/// the end of the header, or `"__metadata__": {text: text}`. Overlaps, holes, bytes that no tensor covers, duplicate
/// names, unknown types and sizes that contradict a shape are refused, as by the reference implementation
/// (`safetensors/src/tensor.rs`). A name with a control character is refused as well: the checkpoint's identity is
/// made of lines. Values may lie at any alignment, as in files older than the header's padding.
package struct SafetensorsHeader: Sendable, Equatable {
    /// The most tensors in one file: each costs a kilobyte of memory, and the largest quantized mixtures of experts have
    /// 200,000 over dozens of files.
    private static let mostTensors = 150_000
    /// The longest header that is read: it has room for names and sizes of 200 bytes.
    ///
    /// The reference implementation reads 100,000,000 bytes, which no model's names come to.
    package static let byteLimit = 1 << 25
    /// The most values in one member: the sizes of a tensor, or texts of `__metadata__`.
    private static let mostValues = 1 << 16
    /// The bytes of the length before the header.
    static let lengthByteCount = 8

    /// The first eight bytes of a Git LFS pointer.
    private static let gitLFSBeginning = "version ".utf8

    /// The tensors in the order of their bytes.
    package let tensors: [TensorInfo]
    package let metadata: [String: String]
    /// Where the values begin, in bytes from the start of the file.
    package let dataOffset: Int

    /// The size of the whole file: headers leave no byte uncovered.
    package var fileByteCount: Int { tensors.last?.byteRange.upperBound ?? dataOffset }

    /// Reads and validates the header of a whole file.
    ///
    /// The bytes are lent for the call; what is read of them is checked against their count.
    package static func parse(_ bytes: UnsafeRawBufferPointer, file: String) throws(CheckpointError) -> Self {
        let length = try headerByteCount(Array(bytes.prefix(lengthByteCount)), file: file)
        let found = bytes.count - lengthByteCount
        guard length <= found else { throw .headerTruncated(file: file, expected: length, found: found) }
        let header = try Self(json: Array(bytes[lengthByteCount..<lengthByteCount + length]), file: file)
        try header.checkFileByteCount(bytes.count, file: file)
        return header
    }

    /// The header's length out of the first eight bytes, capped before anybody asks for memory.
    static func headerByteCount(_ prefix: [UInt8], file: String) throws(CheckpointError) -> Int {
        guard prefix.count == lengthByteCount else { throw .tooShort(file: file, byteCount: prefix.count) }
        guard !prefix.elementsEqual(gitLFSBeginning) else { throw .gitLFSPointer(file: file) }
        let length = prefix.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= byteLimit else { throw .headerTooLarge(file: file, byteCount: length, limit: byteLimit) }
        return Int(length)
    }

    /// Validates the JSON part; how long the file is, the caller compares with `fileByteCount`.
    init(json: [UInt8], file: String) throws(CheckpointError) {
        dataOffset = Self.lengthByteCount + json.count
        var reading = Reading(dataOffset: Self.lengthByteCount + json.count, file: file)
        try Self.readMembers(json, file: file) { (member) throws(CheckpointError) in try reading.take(member) }
        let (tensors, metadata) = (reading.tensors, reading.metadata)
        self.metadata = metadata
        self.tensors = try Self.contiguous(tensors, dataOffset: dataOffset, file: file)
    }

    func checkFileByteCount(_ found: Int, file: String) throws(CheckpointError) {
        if found < fileByteCount { throw .dataTruncated(file: file, expected: fileByteCount, found: found) }
        if found > fileByteCount { throw .trailingBytes(file: file, expected: fileByteCount, found: found) }
    }

    /// What has been read of a header.
    private struct Reading {
        let dataOffset: Int
        let file: String
        private(set) var tensors: [TensorInfo] = []
        private(set) var metadata: [String: String] = [:]
        private var names: Set<String> = []

        init(dataOffset: Int, file: String) { (self.dataOffset, self.file) = (dataOffset, file) }

        mutating func take(_ member: JSONObject.Member) throws(CheckpointError) {
            guard member.key != "__metadata__" else {
                metadata = try SafetensorsHeader.metadata(member.value, file: file)
                return
            }
            // Byte for byte the parser has seen to it; names that Swift holds for equal are no key of a dictionary.
            guard names.insert(member.key).inserted else {
                throw .duplicateTensor(file: file, tensor: member.key)
            }
            guard tensors.count < SafetensorsHeader.mostTensors else {
                throw .tooManyTensors(place: file, limit: SafetensorsHeader.mostTensors)
            }
            tensors.append(try TensorEntry(member, file: file).info(dataOffset: dataOffset))
        }
    }

    private static func readMembers(
        _ json: [UInt8], file: String, _ take: (JSONObject.Member) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        guard json.first == UInt8(ascii: "{") else { throw .headerNotObject(file: file, firstByte: json.first) }
        var fault: CheckpointError?
        do {
            try JSONObject.readMembers(of: json, mostValues: mostValues) { member in
                do throws(CheckpointError) { try take(member) } catch { fault = error }
                return fault == nil
            }
        } catch .duplicateKey(let name, _) {
            throw .duplicateTensor(file: file, tensor: name)
        } catch {
            throw .malformedHeader(file: file, reason: error)
        }
        if let fault { throw fault }
    }

    private static func metadata(_ value: JSONValue, file: String) throws(CheckpointError) -> [String: String] {
        guard let object = value.object else {
            throw .malformedMetadata(file: file, key: nil, found: value.kind)
        }
        var metadata: [String: String] = [:]
        for member in object.members {
            guard let text = member.value.string else {
                throw .malformedMetadata(file: file, key: member.key, found: member.value.kind)
            }
            metadata[member.key] = text
        }
        return metadata
    }

    /// The tensors in the order of their bytes, once it is certain that each begins where the one before it ends.
    private static func contiguous(
        _ tensors: [TensorInfo], dataOffset: Int, file: String
    ) throws(CheckpointError) -> [TensorInfo] {
        let sorted = tensors.sorted {
            ($0.byteRange.lowerBound, $0.byteRange.upperBound) < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
        }
        var end = dataOffset
        var previous: TensorInfo?
        for tensor in sorted {
            let begin = tensor.byteRange.lowerBound
            if begin < end, let previous {
                throw .overlap(
                    file: file, tensor: tensor.name, begin: begin - dataOffset, other: previous.name,
                    end: end - dataOffset)
            }
            if begin > end {
                throw .hole(file: file, bytes: end - dataOffset..<begin - dataOffset, before: tensor.name)
            }
            end = tensor.byteRange.upperBound
            previous = tensor
        }
        return sorted
    }
}
