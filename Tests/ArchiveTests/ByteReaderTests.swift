import Archive
import FoundationEssentials
import System
import SystemPackage
import TestSupport
import Testing

@Suite struct ByteReaderTests {
    let directory: ScratchDirectory

    init() throws { directory = try ScratchDirectory() }

    private func read(_ bytes: [UInt8], pieceByteCount: Int = 1000) throws -> [UInt8] {
        try readAll(directory.write(bytes, to: "f"), pieceByteCount: pieceByteCount)
    }

    private func path(_ name: String = "f") -> String { directory.url.appending(path: name).path() }

    private func expect(_ error: ArchiveError, from bytes: [UInt8]) throws {
        let location = try directory.write(bytes, to: "f")
        #expect(throws: error) { try readAll(location) }
    }

    @Test(arguments: [1, 7, 1000, 1 << 20])
    func decodesWhatOtherProgramsWrote(pieceByteCount: Int) throws {
        let (first, second) = (Golden.firstPart, Golden.secondPart)
        let cases: [([UInt8], [UInt8])] = [
            (Golden.gzipTwoMembers, first + second), (Golden.gzipNamed, first), (Golden.gzipEmpty, []),
            (Golden.zstdChecked, first), (Golden.zstdNoCheck, second), (Golden.zstdTwoFrames, first + second),
            (Golden.zstdEmpty, []), (first, first), ([], []),
        ]
        for (encoded, plain) in cases { #expect(try read(encoded, pieceByteCount: pieceByteCount) == plain) }
    }

    @Test func namesTheFormat() throws {
        for (bytes, format) in [
            (Golden.gzipNamed, CompressionFormat.gzip), (Golden.zstdChecked, .zstandard),
            (Golden.zstdTwoFrames, .zstandard), (Golden.firstPart, nil),
        ] {
            let reader = try ByteReader(path: directory.write(bytes, to: "f"))
            #expect(reader.format == format)
        }
    }

    @Test func manyMembersAndFramesAreOneText() throws {
        // 3,000 members make the decoder cross its input buffer's end in every part of a member.
        let members = Array(repeating: Golden.gzipNamed, count: 3000).flatMap(\.self)
        #expect(try read(members).count == 3000 * Golden.firstPart.count)
        let frames = Array(repeating: Golden.zstdTwoFrames, count: 2000).flatMap(\.self)
        #expect(try read(frames).count == 2000 * (Golden.firstPart.count + Golden.secondPart.count))
    }

    @Test func aMissingFileIsAnError() {
        #expect(throws: ArchiveError.system(.init(.read, path("none"), .noSuchFileOrDirectory))) {
            try readAll(directory.url.appending(path: "none"))
        }
    }

    @Test func everyCutIsTruncationWithItsPlace() throws {
        for whole in [Golden.gzipNamed, Golden.zstdChecked] {
            for count in 4..<whole.count {
                try expect(.truncated(file: path(), offset: count), from: Array(whole.prefix(count)))
            }
        }
    }

    @Test func theSecondMemberMayNotBeCutEither() throws {
        let cut = Array(Golden.gzipTwoMembers.dropLast(3))
        try expect(.truncated(file: path(), offset: cut.count), from: cut)
    }

    @Test func zerosAfterGzipArePadding() throws {
        #expect(try read(Golden.gzipNamed + [UInt8](repeating: 0, count: 5000)) == Golden.firstPart)
    }

    @Test func otherBytesAfterGzipAreRefused() throws {
        let place = Golden.gzipNamed.count
        try expect(.trailingBytes(file: path(), offset: place), from: Golden.gzipNamed + [1, 2])
        try expect(.trailingBytes(file: path(), offset: place), from: Golden.gzipNamed + [0, 0, 7])
    }

    @Test func bytesAfterZstandardAreRefused() throws {
        let bytes = Golden.zstdChecked + Array("not a frame".utf8)
        #expect(
            throws: ArchiveError.corrupt(
                file: path(), offset: Golden.zstdChecked.count, reason: "unknown frame descriptor")
        ) { try read(bytes) }
    }

    @Test func aWrongChecksumIsCorruption() throws {
        var gzip = Golden.gzipNamed
        gzip[gzip.count - 6] ^= 1
        try expect(.corrupt(file: path(), offset: gzip.count - 4, reason: "incorrect data check"), from: gzip)
        var zstandard = Golden.zstdChecked
        zstandard[zstandard.count - 1] ^= 1
        #expect(throws: ArchiveError.self) { try read(zstandard) }
    }

    @Test func aWindowAbove128MiBIsRefused() throws {
        try expect(.windowTooLarge(file: path(), offset: 0), from: Golden.zstdLongWindow)
    }

    /// Whatever the bytes are, the reader ends with bytes or an error.
    @Test(arguments: [1, 2, 3])
    func neverTraps(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<400 {
            let original = [Golden.gzipTwoMembers, Golden.zstdTwoFrames, Golden.zstdNoCheck][round % 3]
            let bytes = generator.mutated(original)
            do {
                _ = try read(bytes)
            } catch is ArchiveError {
            } catch {
                Issue.record("seed \(seed), round \(round): \(error)")
            }
        }
    }
}
