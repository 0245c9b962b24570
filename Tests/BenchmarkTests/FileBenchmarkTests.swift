import Archive
import Benchmark
import Foundation
import Testing

struct FileBenchmarkTests {
    @Test(arguments: Packer.allCases) func whatACommandPacksIsUnpackedWhole(packer: Packer) throws {
        let directory = try TemporaryDirectory()
        let bytes = FileBenchmark.bytes(Workload.small.file)
        let file = try directory.write(Data(bytes), "weights")
        guard let packed = packer.pack(file) else {
            print("skipped: no command '\(packer.rawValue)' here")
            return
        }
        var unpacked = [UInt8](repeating: 0, count: bytes.count)
        try FileBenchmark.unpack(packed, into: &unpacked)
        #expect(unpacked == bytes)
    }

    @Test func damageIsAnError() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(Data([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xff, 0xff]), "damaged")
        var unpacked = [UInt8](repeating: 0, count: 10)
        #expect(throws: ArchiveError.self) { try FileBenchmark.unpack(file, into: &unpacked) }
    }

    @Test func aMissingFileCannotBePacked() {
        #expect(Packer.gzip.pack(URL(filePath: "/nonexistent/weights")) == nil)
    }

    @Test func directoryGoesWithItsObject() throws {
        var directory: TemporaryDirectory? = try TemporaryDirectory()
        let location = try #require(directory?.location)
        #expect(FileManager.default.fileExists(atPath: location.path()))
        directory = nil
        #expect(!FileManager.default.fileExists(atPath: location.path()))
    }
}
