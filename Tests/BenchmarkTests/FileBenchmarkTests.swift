import Archive
import Benchmark
import Foundation
import System
import TestSupport
import Testing

struct FileBenchmarkTests {
    @Test(.enabled(if: Program.gzip.isInstalled, "no gzip on this machine"))
    func whatGzipPacksIsUnpackedWhole() throws { try packAndUnpack(.gzip) }

    @Test(.enabled(if: Program.zstd.isInstalled, "no zstd on this machine"))
    func whatZstdPacksIsUnpackedWhole() throws { try packAndUnpack(.zstd) }

    private func packAndUnpack(_ packer: Packer) throws {
        let directory = try ScratchDirectory()
        let bytes = FileBenchmark.bytes(Workload.small.file)
        let packed = try #require(try packer.pack(directory.write(bytes, to: "weights")))
        var unpacked = [UInt8](repeating: 0, count: bytes.count)
        try FileBenchmark.unpack(packed, into: &unpacked)
        #expect(unpacked == bytes)
    }

    @Test func damageIsAnError() throws {
        let directory = try TemporaryDirectory("qid-tests")
        let file = directory.location.appending(path: "damaged")
        try writeFile([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xff, 0xff], to: file)
        var unpacked = [UInt8](repeating: 0, count: 10)
        #expect(throws: ArchiveError.self) { try FileBenchmark.unpack(file, into: &unpacked) }
    }

    @Test func aMissingFileCannotBePacked() {
        #expect(Packer.gzip.pack(URL(filePath: "/nonexistent/weights")) == nil)
    }
}
