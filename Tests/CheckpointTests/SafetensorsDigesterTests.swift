import Checkpoint
import FoundationEssentials
import TestSupport
import Testing

@Suite struct SafetensorsDigesterTests {
    /// Feeds a file in pieces of a certain size.
    private func digest(
        _ bytes: [UInt8], pieceByteCount: Int
    ) throws(CheckpointError) -> (header: SafetensorsHeader, tensors: [TensorDigest]) {
        var digester = SafetensorsDigester(file: "f")
        for start in stride(from: 0, to: bytes.count, by: pieceByteCount) {
            let piece = Array(bytes[start..<min(bytes.count, start + pieceByteCount)])
            try piece.withUnsafeBufferPointer { buffer throws(CheckpointError) in
                try digester.update(UnsafeRawBufferPointer(buffer))
            }
        }
        return try digester.finish()
    }

    /// The digest was made by CPython's hashlib from the definition.
    @Test(arguments: [1, 3, 8, 50, 1000])
    func agreesWithTheDefinition(pieceByteCount: Int) throws {
        let (header, tensors) = try digest(referenceFile, pieceByteCount: pieceByteCount)
        #expect(try header == parse(referenceFile))
        #expect(tensors.map(\.name) == ["b", "a", "c"])
        #expect(
            CheckpointDigest(tensors).description
                == "53cf6aac6bc553df976b2dffb6a29237b4e6b09e144184d843b89889e9fa9bd8")
    }

    @Test func agreesWithTheMappedFile() throws {
        let directory = Fixtures.demoArchive.appending(path: "neox-200k-seed1/step64")
        let bytes = Array(try Data(contentsOf: directory.appending(path: "model.safetensors")))
        let streamed = try digest(bytes, pieceByteCount: 10_007).tensors
        #expect(try CheckpointDigest(streamed) == Checkpoint(directory: directory).digest())
    }

    @Test func emptyTensorsHaveTheDigestOfNothing() throws {
        let file = safetensors(
            #"{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
                + #""c":{"dtype":"F32","shape":[0],"data_offsets":[1,1]}}"#, dataByteCount: 1)
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        let digests = try digest(file, pieceByteCount: 7).tensors
        #expect(digests.filter { $0.sha256 == nothing }.map(\.name).sorted() == ["a", "c"])
    }

    @Test func endsWithTheErrorsOfTheHeader() throws {
        #expect(throws: CheckpointError.tooShort(file: "f", byteCount: 3)) {
            try digest(Array(referenceFile.prefix(3)), pieceByteCount: 2)
        }
        #expect(throws: CheckpointError.headerTruncated(file: "f", expected: 216, found: 12)) {
            try digest(Array(referenceFile.prefix(20)), pieceByteCount: 7)
        }
        let whole = referenceFile.count
        #expect(throws: CheckpointError.dataTruncated(file: "f", expected: whole, found: whole - 5)) {
            try digest(Array(referenceFile.dropLast(5)), pieceByteCount: 64)
        }
        #expect(throws: CheckpointError.trailingBytes(file: "f", expected: whole, found: whole + 1)) {
            try digest(referenceFile + [0], pieceByteCount: 64)
        }
        #expect(throws: CheckpointError.headerNotObject(file: "f", firstByte: nil)) {
            try digest([UInt8](repeating: 0, count: 8), pieceByteCount: 8)
        }
    }

    /// A bad header is refused before a single value has been asked for.
    @Test func validatesTheHeaderFirst() {
        let bad = safetensors(#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, dataByteCount: 0)
        #expect(
            throws: CheckpointError.sizeMismatch(
                file: "f", tensor: "t", bytes: 0..<4, shape: [2], type: .float32, expected: 8)
        ) { try digest(bad, pieceByteCount: 10) }
    }

    /// Whatever the bytes are, a stream is judged as the same bytes in one piece are.
    @Test(arguments: [4, 5])
    func agreesWithTheParserOnMutatedFiles(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<1000 {
            let bytes = generator.mutated(referenceFile)
            let streamed = Result { () throws(CheckpointError) in try digest(bytes, pieceByteCount: 13).header }
            let parsed = Result { () throws(CheckpointError) in try parse(bytes) }
            switch (streamed, parsed) {
            case (.success(let left), .success(let right)): #expect(left == right)
            case (.failure, .failure): break
            default: Issue.record("seed \(seed), round \(round): \(streamed) but \(parsed)")
            }
        }
    }
}
