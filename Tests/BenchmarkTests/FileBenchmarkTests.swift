import Archive
import Benchmark
import Foundation
import System
import Testing

struct FileBenchmarkTests {
    @Test(arguments: Packer.allCases) func whatACommandPacksIsUnpackedWhole(packer: Packer) throws {
        let directory = try TemporaryDirectory("qid-tests")
        let bytes = FileBenchmark.bytes(Workload.small.file)
        let file = directory.location.appending(path: "weights")
        try writeFile(bytes, to: file)
        guard let packed = packer.pack(file) else {
            print("skipped: no command '\(packer.rawValue)' here")
            return
        }
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
