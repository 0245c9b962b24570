import Checkpoint
import FoundationEssentials
import TestSupport
import Testing

@Suite struct CheckpointDigestTests {
    private static let pieces = [
        Piece("a.weight", .float16, [3, 5]), Piece("B.weight", .bfloat16, [4]), Piece("a.bias", .float32, []),
    ]

    /// Digests made by CPython's json and hashlib from the files.
    @Test(arguments: [
        ("neox-200k/step64", "48fc120ed7d49e2cc9d792d466070dfb654c6184f72352d373cfcd86aaa9fd0b"),
        ("neox-1m2/step256", "c6ba45f0211aaf7b30222e33acc4119a08ecc8d84711867e14a16959fd473382"),
    ])
    func identifiesTheDemo(name: String, digest: String) throws {
        #expect(try Checkpoint(directory: Fixtures.demoArchive.appending(path: name)).digest().description == digest)
    }

    @Test func shardsAndOrderDoNotMatter() throws {
        let single = try ScratchDirectory()
        let whole = try makeCheckpoint(in: single, Self.pieces).digest()
        let sharded = try ScratchDirectory()
        try makeShards(in: sharded, [[Self.pieces[2]], [Self.pieces[1], Self.pieces[0]]])
        #expect(try Checkpoint(directory: sharded.url).digest() == whole)
        #expect(
            try CheckpointDigest(Checkpoint(directory: sharded.url).tensors.values.map { $0.digest() }.reversed())
                == whole)
    }

    @Test func everythingOfATensorMatters() throws {
        func digest(_ piece: Piece) throws -> CheckpointDigest {
            let directory = try ScratchDirectory()
            return try makeCheckpoint(in: directory, [piece]).digest()
        }
        let bytes: [UInt8] = [1, 2, 3, 4]
        let digests = try [
            Piece("a", .float16, [2], bytes: bytes), Piece("b", .float16, [2], bytes: bytes),
            Piece("a", .bfloat16, [2], bytes: bytes), Piece("a", .float16, [2, 1], bytes: bytes),
            Piece("a", .float16, [2], bytes: [1, 2, 3, 5]),
        ].map(digest)
        #expect(Set(digests).count == 5)
    }
}
