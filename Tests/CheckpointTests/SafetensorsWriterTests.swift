import Checkpoint
import FoundationEssentials
import System
import SystemPackage
import TestSupport
import Testing

@Suite struct SafetensorsWriterTests {
    let directory: ScratchDirectory
    let file: URL

    init() throws {
        directory = try ScratchDirectory()
        file = directory.url.appending(path: "model.safetensors")
    }

    private func bytes() throws -> [UInt8] { Array(try Data(contentsOf: file)) }

    @Test func writesWhatTheParserReads() throws {
        var writer = try SafetensorsWriter(
            creating: file,
            tensors: [.init("c", .float16, []), .init("a", .float32, [2, 3]), .init("b", .int64, [2])],
            metadata: ["made": "by the reference"])
        try writer.write("b", [Int64(-1), 1 << 40])
        try writer.write("c", [UInt16(0x3e00)])
        try writer.write("a", [Float(0), 1, 2, 3, 4, 5])
        try writer.finish()
        #expect(try parse(bytes()) == parse(referenceFile))
        // Lengths and values are the reference's too; only the header's members stand in another order.
        #expect(try bytes().prefix(8) == referenceFile.prefix(8))
        #expect(try bytes().suffix(42) == referenceFile.suffix(42))
    }

    @Test func theOrderOfWritingDoesNotMatter() throws {
        let pieces = [Piece("x", .float16, [3]), Piece("y", .uint8, [5]), Piece("z", .float16, [4])]
        try write(pieces, to: file)
        let other = directory.url.appending(path: "other")
        try write(pieces.reversed(), to: other)
        #expect(try bytes() == Array(Data(contentsOf: other)))
        #expect(try parse(bytes()).dataOffset % 8 == 0)
    }

    @Test func refusesWhatWasNotDeclared() throws {
        var writer = try SafetensorsWriter(creating: file, tensors: [.init("a", .uint8, [2])])
        #expect(throws: CheckpointError.unknownTensor(file: file.path(), tensor: "b")) {
            try writer.write("b", [UInt8(1)])
        }
        #expect(throws: CheckpointError.wrongByteCount(file: file.path(), tensor: "a", expected: 2, found: 3)) {
            try writer.write("a", [UInt8](repeating: 1, count: 3))
        }
        try writer.write("a", [UInt8(1), 2])
        // Once only.
        #expect(throws: CheckpointError.unknownTensor(file: file.path(), tensor: "a")) {
            try writer.write("a", [UInt8(1), 2])
        }
        try writer.finish()
    }

    @Test func refusesToEndBeforeEverythingIsWritten() throws {
        let writer = try SafetensorsWriter(creating: file, tensors: [.init("a", .uint8, [2])])
        do throws(CheckpointError) {
            try writer.finish()
            Issue.record("a missing tensor went unnoticed")
        } catch {
            #expect(error == .wrongByteCount(file: file.path(), tensor: "a", expected: 2, found: 0))
        }
    }

    private func open(_ tensors: [SafetensorsWriter.Declaration]) throws(CheckpointError) {
        _ = try SafetensorsWriter(creating: file, tensors: tensors)
    }

    @Test func refusesHeadersThatNobodyCouldRead() throws {
        #expect(throws: CheckpointError.duplicateTensor(file: file.path(), tensor: "a")) {
            try open([.init("a", .uint8, [1]), .init("a", .uint8, [1])])
        }
        #expect(
            throws: CheckpointError.impossibleShape(
                file: file.path(), tensor: "a", shape: [1 << 40, 1 << 40], type: .uint8)
        ) { try open([.init("a", .uint8, [1 << 40, 1 << 40])]) }
        #expect(!FileManager.default.fileExists(atPath: file.path()))
    }

    @Test func neverOverwrites() throws {
        try directory.write("mine", to: "model.safetensors")
        #expect(throws: CheckpointError.system(.init(.write, file.path(), .fileExists))) {
            try open([.init("a", .uint8, [1])])
        }
    }
}
