import Checkpoint
import JSON
import TestSupport
import Testing

@Suite struct SafetensorsHeaderTests {
    private func expect(_ error: CheckpointError, _ header: String, dataByteCount: Int = 0) {
        #expect(throws: error) { try parse(safetensors(header, dataByteCount: dataByteCount)) }
    }

    /// A header of one tensor `t` with these members.
    private func one(_ members: String) -> String { #"{"t":{"# + members + "}}" }

    @Test func readsTheReferencesFile() throws {
        let header = try parse(referenceFile)
        let start = header.dataOffset
        #expect(header.metadata == ["made": "by the reference"])
        #expect(
            header.tensors == [
                TensorInfo(name: "b", type: .int64, shape: [2], byteRange: start..<start + 16),
                TensorInfo(name: "a", type: .float32, shape: [2, 3], byteRange: start + 16..<start + 40),
                TensorInfo(name: "c", type: .float16, shape: [], byteRange: start + 40..<start + 42),
            ])
        #expect(header.fileByteCount == referenceFile.count)
    }

    @Test func readsFilesWithoutTensors() throws {
        #expect(try parse(safetensors("{}", dataByteCount: 0)).tensors.isEmpty)
    }

    @Test func emptyTensorsTakeNoBytes() throws {
        let header = try parse(
            safetensors(
                #"{"e":{"dtype":"F32","shape":[0,9],"data_offsets":[4,4]},"#
                    + #""s":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, dataByteCount: 4))
        #expect(header.tensors.map(\.name) == ["s", "e"])
    }

    @Test func valuesMayLieAtAnyAlignment() throws {
        let json = Array(#"{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#.utf8)
        #expect(json.count % 4 != 0)
        let header = try parse([UInt8(json.count), 0, 0, 0, 0, 0, 0, 0] + json + [0, 0, 0x80, 0x3f])
        #expect(header.tensors.first?.byteRange == 8 + json.count..<12 + json.count)
    }

    @Test(arguments: [("F4", [2, 3], 3), ("F6_E2M3", [4], 3), ("F8_E8M0", [5], 5), ("C64", [1], 8), ("BOOL", [3], 3)])
    func knowsEveryWidth(type: String, shape: [Int], byteCount: Int) throws {
        let header = one(#""dtype":"\#(type)","shape":\#(shape),"data_offsets":[0,\#(byteCount)]"#)
        #expect(
            try parse(safetensors(header, dataByteCount: byteCount)).tensors.first?.elementCount == shape.reduce(1, *))
    }

    @Test func refusesFilesThatEndEarly() {
        for count in 0..<8 {
            #expect(throws: CheckpointError.tooShort(file: "f", byteCount: count)) {
                try parse(Array(referenceFile.prefix(count)))
            }
        }
        let length = Int(referenceFile[0])
        #expect(throws: CheckpointError.headerTruncated(file: "f", expected: length, found: 12)) {
            try parse(Array(referenceFile.prefix(20)))
        }
        let whole = referenceFile.count
        #expect(throws: CheckpointError.dataTruncated(file: "f", expected: whole, found: whole - 1)) {
            try parse(Array(referenceFile.dropLast()))
        }
    }

    @Test func refusesBytesThatNoTensorCovers() {
        let whole = referenceFile.count
        #expect(throws: CheckpointError.trailingBytes(file: "f", expected: whole, found: whole + 2)) {
            try parse(referenceFile + [0, 0])
        }
        expect(
            .hole(file: "f", bytes: 0..<4, before: "t"), one(#""dtype":"F32","shape":[1],"data_offsets":[4,8]"#),
            dataByteCount: 8)
    }

    @Test func refusesHeadersAboveTheLimit() {
        #expect(throws: CheckpointError.gitLFSPointer(file: "f")) {
            try parse(Array("version https://git-lfs.github.com/spec/v1".utf8))
        }
        let error = CheckpointError.headerTooLarge(file: "f", byteCount: 1 << 25 + 1, limit: 1 << 25)
        #expect(throws: error) { try parse([0x01, 0, 0, 0x02, 0, 0, 0, 0, 0x7b]) }
        #expect(throws: CheckpointError.headerTooLarge(file: "f", byteCount: .max, limit: 1 << 25)) {
            try parse([UInt8](repeating: 0xff, count: 20))
        }
        let many = (0...150_000).map { #""\#($0)":{"dtype":"F16","shape":[0],"data_offsets":[0,0]}"# }
        expect(.tooManyTensors(place: "f", limit: 150_000), "{" + many.joined(separator: ",") + "}")
        // What one tensor says of itself is short.
        let sizes = Array(repeating: "0", count: 70_000).joined(separator: ",")
        expect(
            .malformedHeader(file: "f", reason: .tooManyValues(limit: 1 << 16, offset: 131_095)),
            one(#""dtype":"F32","shape":[\#(sizes)],"data_offsets":[0,0]"#))
    }

    @Test func refusesHeadersThatAreNoObject() {
        expect(.headerNotObject(file: "f", firstByte: 0x5b), "[]")
        expect(.headerNotObject(file: "f", firstByte: 0x20), " {}")
        #expect(throws: CheckpointError.headerNotObject(file: "f", firstByte: nil)) {
            try parse([UInt8](repeating: 0, count: 8))
        }
        expect(
            .malformedHeader(file: "f", reason: .unexpectedByte(0x7d, offset: 5, expected: "a value")), #"{"t":}"#)
    }

    @Test func refusesMetadataThatIsNoText() {
        expect(.malformedMetadata(file: "f", key: nil, found: "an array"), #"{"__metadata__":[]}"#)
        expect(.malformedMetadata(file: "f", key: "k", found: "a number"), #"{"__metadata__":{"k":1}}"#)
    }

    @Test func refusesTensorsThatAreNoObject() {
        let error = CheckpointError.malformedTensor(
            file: "f", tensor: "t", field: nil, found: "a number",
            expected: "an object with dtype, shape and data_offsets")
        expect(error, #"{"t":1}"#)
    }

    @Test func refusesMissingAndMalformedMembers() {
        func error(_ field: String, _ found: String, _ expected: String) -> CheckpointError {
            .malformedTensor(file: "f", tensor: "t", field: field, found: found, expected: expected)
        }
        expect(error("dtype", "nothing", "a string"), one(#""shape":[],"data_offsets":[0,4]"#))
        expect(error("dtype", "a number", "a string"), one(#""dtype":1,"shape":[],"data_offsets":[0,4]"#))
        expect(error("shape", "nothing", "an array"), one(#""dtype":"F32","data_offsets":[0,4]"#))
        expect(
            error("shape", "-1", "integers from 0 up"),
            one(#""dtype":"F32","shape":[-1],"data_offsets":[0,4]"#))
        expect(
            error("shape", "1.8446744073709552e+19", "integers from 0 up"),
            one(#""dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,4]"#))
        expect(error("data_offsets", "nothing", "an array"), one(#""dtype":"F32","shape":[1]"#))
        expect(
            error("data_offsets", "1 numbers", "[begin, end]"), one(#""dtype":"F32","shape":[1],"data_offsets":[0]"#))
    }

    @Test func refusesUnknownTypes() {
        expect(
            .unknownType(file: "f", tensor: "t", found: "F128"),
            one(#""dtype":"F128","shape":[1],"data_offsets":[0,16]"#)
        )
    }

    @Test func refusesNamesGivenTwice() {
        let entry = #"{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#
        expect(.duplicateTensor(file: "f", tensor: "t"), #"{"t":\#(entry),"t":\#(entry)}"#)
        // Two spellings of é, which Swift holds for the same string.
        expect(.duplicateTensor(file: "f", tensor: "\u{e9}"), "{\"\u{e9}\":\(entry),\"e\u{301}\":\(entry)}")
    }

    @Test func refusesControlCharactersInNames() {
        expect(
            .controlCharacterInName(file: "f", tensor: "a\tb"),
            #"{"a\tb":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#)
    }

    @Test func refusesShapesThatOverflow() {
        let shape = [1 << 40, 1 << 40]
        expect(
            .impossibleShape(file: "f", tensor: "t", shape: shape, type: .float32),
            one(#""dtype":"F32","shape":\#(shape),"data_offsets":[0,4]"#))
        expect(
            .impossibleShape(file: "f", tensor: "t", shape: [1 << 60], type: .float32),
            one(#""dtype":"F32","shape":[\#(1 << 60)],"data_offsets":[0,4]"#))
        expect(
            .impossibleShape(file: "f", tensor: "t", shape: [3], type: .float4),
            one(#""dtype":"F4","shape":[3],"data_offsets":[0,1]"#))
        let count = (Int.max - 7) / 8
        expect(
            .impossibleShape(file: "f", tensor: "t", shape: [count], type: .uint8),
            one(#""dtype":"U8","shape":[\#(count)],"data_offsets":[\#(Int.max - count),\#(Int.max)]"#))
    }

    @Test func refusesOffsetsThatContradictTheShape() {
        expect(
            .sizeMismatch(
                file: "f", tensor: "h.0.q", bytes: 0..<48, shape: [4, 4], type: .float32, expected: 64),
            #"{"h.0.q":{"dtype":"F32","shape":[4,4],"data_offsets":[0,48]}}"#, dataByteCount: 48)
        expect(
            .offsetsReversed(file: "f", tensor: "t", begin: 8, end: 4),
            one(#""dtype":"F32","shape":[1],"data_offsets":[8,4]"#))
        #expect(
            CheckpointError.sizeMismatch(
                file: "f", tensor: "h.0.q", bytes: 0..<48, shape: [4, 4], type: .float32, expected: 64
            ).description == "tensor 'h.0.q' in 'f' spans bytes 0..<48 but 4x4 F32 needs 64")
    }

    @Test func refusesOverlaps() {
        expect(
            .overlap(file: "f", tensor: "b", begin: 4, other: "a", end: 8),
            #"{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[8],"data_offsets":[4,12]}}"#,
            dataByteCount: 12)
    }

    /// Whatever the bytes are, the parser ends with a header whose tensors lie inside the file, or an error.
    @Test(arguments: [1, 2, 3])
    func neverTraps(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<2000 {
            let bytes = generator.mutated(referenceFile)
            do {
                let header = try parse(bytes)
                let inside = header.tensors.allSatisfy {
                    $0.byteRange.lowerBound >= header.dataOffset && $0.byteRange.upperBound <= bytes.count
                }
                #expect(inside, "seed \(seed), round \(round)")
            } catch {
                // The type of the error is the parser's only one; that it came back at all is the point.
                #expect(!error.description.isEmpty)
            }
        }
    }
}
