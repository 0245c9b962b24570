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
        ("neox-200k-seed1/step64", "cdb343b4c3d20ed03b5b626db03b665e95a34c0b87527d593d3583a8432eda08"),
        ("neox-560k-seed1/step256", "069aca047d61805ffa2445226e518fce901a7a04831e0d6058dfa203017e9244"),
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
