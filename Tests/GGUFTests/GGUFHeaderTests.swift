import FoundationEssentials
import GGUF
import JSON
import System
import TestSupport
import Testing

/// What `Fixtures/gguf/values.gguf` holds, as `generate/gguf_models.py` wrote it with PyPI's `gguf`.
@Suite struct GGUFHeaderTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/gguf")
    static let values = folder.appending(path: "values.gguf")

    @Test func everyTypeOfValueIsRead() throws {
        let file = try GGUFFile(Self.values)
        let metadata = file.metadata
        #expect(metadata["qid.uint8"] == .uint8(200))
        #expect(metadata["qid.int8"] == .int8(-100))
        #expect(metadata["qid.uint16"] == .uint16(60_000))
        #expect(metadata["qid.int16"] == .int16(-30_000))
        #expect(metadata["qid.uint32"] == .uint32(4_000_000_000))
        #expect(metadata["qid.int32"] == .int32(-2_000_000_000))
        #expect(metadata["qid.uint64"] == .uint64(1 << 63))
        #expect(metadata["qid.int64"] == .int64(-1 << 62))
        #expect(metadata["qid.float32"] == .float32(0.1))
        #expect(metadata["qid.float64"] == .float64(0.1))
        #expect(metadata["qid.bool"] == .bool(true))
        #expect(metadata["qid.string"] == .string("grüße ▁"))
        #expect(metadata["qid.strings"] == .array(GGUFArray(["a", "", "▁b"])))
        #expect(metadata["qid.numbers"] == .array(GGUFArray([Int32(1), -2, 3])))
        #expect(metadata["qid.uint64"]?.int == nil)
        #expect(metadata["qid.float32"]?.json == .number(0.1))
    }

    @Test func tensorsStandWhereTheHeaderSays() throws {
        let file = try GGUFFile(Self.values)
        let tensors = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.info.name, $0) })
        let plain = try #require(tensors["plain"])
        #expect(plain.info.shape == [2, 3])
        #expect(plain.info.type == .f32)
        #expect(
            (0..<6).map { plain.bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) } == [0, 1, 2, 3, 4, 5])
        let half = try #require(tensors["half"])
        #expect(half.info.shape == [5])
        #expect(half.info.byteRange.lowerBound % 32 == 0)
        let blocks = try #require(tensors["blocks"])
        #expect(blocks.info.shape == [2, 64])
        #expect(blocks.info.bytesPerRow == 68)
    }

    /// What one writes the other reads, to the byte.
    @Test func writerMakesTheSameFile() throws {
        try inScratchFolder { folder in
            let file = try GGUFFile(Self.values)
            let copy = folder.appending(path: "copy.gguf")
            var writer = try GGUFWriter(
                creating: copy, metadata: file.metadata.entries,
                tensors: file.tensors.map { .init($0.info.name, $0.info.type, $0.info.shape) })
            for tensor in file.tensors.reversed() {
                try writer.write(tensor.info.name, RawSpan(_unsafeBytes: tensor.bytes))
            }
            try writer.finish()
            #expect(try readFile(copy) == readFile(Self.values))
        }
    }

    @Test func writerRefusesWhatDoesNotFit() throws {
        let blocks = try #require(GGMLType(spelling: "q8_0"))
        try inScratchFolder { folder in
            #expect(throws: GGUFError.self) {
                _ = try GGUFWriter(
                    creating: folder.appending(path: "a.gguf"), metadata: [], tensors: [.init("w", blocks, [2, 31])])
            }
            #expect(throws: GGUFError.self) {
                _ = try GGUFWriter(
                    creating: folder.appending(path: "b.gguf"), metadata: [],
                    tensors: [.init("w", .f32, [2]), .init("w", .f32, [2])])
            }
            let missing = [GGUFWriter.Declaration("w", .f32, [2])]
            let short = folder.appending(path: "c.gguf")
            #expect(
                throws: GGUFError.wrongByteCount(
                    file: short.path(percentEncoded: false), tensor: "w", expected: 8, found: 4)
            ) {
                var writer = try GGUFWriter(creating: short, metadata: [], tensors: missing)
                try writer.write("w", [UInt8](repeating: 0, count: 4).span.bytes)
            }
            let empty = folder.appending(path: "d.gguf")
            #expect(
                throws: GGUFError.wrongByteCount(
                    file: empty.path(percentEncoded: false), tensor: "w", expected: 8, found: 0)
            ) {
                let writer = try GGUFWriter(creating: empty, metadata: [], tensors: missing)
                try writer.finish()
            }
        }
    }

    static let faults: [(String, [UInt8], GGUFError)] = [
        ("nothing", [], .truncated(file: "f", place: "the magic number", offset: 0, needed: 4, found: 0)),
        ("other", Array("PK\u{3}\u{4}....".utf8), .notGGUF(file: "f", found: "bytes that are no text")),
        ("text", Array("GGML....".utf8), .notGGUF(file: "f", found: "'GGML'")),
        ("big", Array("GGUF".utf8) + [0, 0, 0, 3], .bigEndian(file: "f")),
        ("old", Array("GGUF".utf8) + [1, 0, 0, 0], .unsupportedVersion(file: "f", version: 1)),
        ("new", Array("GGUF".utf8) + [4, 0, 0, 0], .unsupportedVersion(file: "f", version: 4)),
        (
            "counts", Array("GGUF".utf8) + [3, 0, 0, 0] + [UInt8](repeating: 255, count: 8),
            .truncated(
                file: "f", place: "the number of tensors", offset: 16, needed: .max, found: 0)
        ),
        (
            "many", Array("GGUF".utf8) + [3, 0, 0, 0, 1, 0, 1] + [UInt8](repeating: 0, count: 2_000_000),
            .malformed(file: "f", place: "the number of tensors", found: "65537", expected: "at most 65536")
        ),
    ]

    @Test(arguments: faults) func faultIsNamed(_ name: String, _ bytes: [UInt8], _ expected: GGUFError) {
        #expect(throws: expected) {
            _ = try GGUFHeader(of: bytes, file: "f")
        }
    }

    /// 20,000 files of which bytes were changed, cut off or put in: each is read or refused, and none asks for memory that a
    /// file of its size cannot fill.
    @Test func changedFilesAreReadOrRefused() throws {
        let original = try readFile(Self.values)
        var seed: UInt64 = 0x9e37_79b9_7f4a_7c15
        func random(_ limit: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % limit
        }
        var (read, refused) = (0, 0)
        for _ in 0..<20_000 {
            var bytes = original
            for _ in 0..<1 + random(3) {
                let place = random(bytes.count)
                switch random(6) {
                case 0: bytes[place] = UInt8(random(256))
                case 1: bytes[place] ^= 1 << UInt8(random(8))
                case 2: bytes.removeSubrange(place...)
                case 3: bytes.insert(UInt8(random(256)), at: place)
                case 4: for index in place..<min(place + 8, bytes.count) { bytes[index] = 255 }
                default: bytes.remove(at: place)
                }
                if bytes.isEmpty { bytes = [0] }
            }
            do {
                let header = try GGUFHeader(of: bytes, file: "f")
                #expect(header.tensors.allSatisfy { $0.byteRange.upperBound <= bytes.count })
                read += 1
            } catch {
                #expect(!"\(error)".isEmpty)
                refused += 1
            }
        }
        #expect(read > 1000)
        #expect(refused > 1000)
    }
}

func inScratchFolder(_ body: (URL) throws -> Void) throws {
    let scratch = try ScratchDirectory()
    try body(scratch.url)
}
