import Checkpoint
import FoundationEssentials
import System
import SystemPackage
import TestSupport
import Testing

@Suite struct CheckpointTests {
    let directory: ScratchDirectory

    init() throws { directory = try ScratchDirectory() }

    private func path(_ name: String = "") -> String {
        name.isEmpty ? directory.url.path() : directory.url.appending(path: name).path()
    }

    private func expect(_ error: CheckpointError) {
        #expect(throws: error) { try Checkpoint(directory: directory.url) }
    }

    private let shards = [
        [Piece("a.weight", .float16, [2, 3])], [Piece("b.weight", .float16, [3]), Piece("c", .uint8, [1])],
    ]
    private let index = "model.safetensors.index.json"

    @Test func opensADirectory() throws {
        let pieces = [Piece("a.weight", .float16, [2, 3]), Piece("b", .int64, [1])]
        let checkpoint = try makeCheckpoint(in: directory, pieces)
        #expect(Set(checkpoint.tensors.keys) == ["a.weight", "b"])
        #expect(checkpoint.config.modelType == "llama")
        #expect(checkpoint.tokenizerFile == nil)
        #expect(checkpoint.metadata == ["format": "pt"])
        #expect(checkpoint.tensorByteCount == 20)
        for piece in pieces {
            let tensor = try checkpoint.tensor(piece.name, shape: piece.shape)
            #expect(tensor.withBytes { Array($0) } == piece.bytes)
            #expect(tensor.baseAddress.loadUnaligned(as: UInt8.self) == piece.bytes.first)
        }
    }

    @Test func opensTheDemosShards() throws {
        let checkpoint = try Checkpoint(directory: Fixtures.demoArchive.appending(path: "neox-560k-seed1/step256"))
        #expect(checkpoint.weightFiles.count == 3)
        #expect(checkpoint.tokenizerFile?.lastPathComponent == "tokenizer.json")
        #expect(checkpoint.config.declaredType == "float16")
    }

    @Test func tensorsOutliveTheirCheckpoint() throws {
        let tensor = try makeCheckpoint(in: directory, [Piece("a", .uint8, [4], bytes: [1, 2, 3, 4])]).tensor("a")
        #expect(tensor.withBytes { Array($0) } == [1, 2, 3, 4])
    }

    @Test func readsValuesAtAnyAddress() throws {
        try directory.write(#"{"model_type": "llama"}"#, to: "config.json")
        let json = Array(#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#.utf8)
        #expect(json.count % 4 != 0)
        let floats: [Float] = [1.5, -2]
        let values = floats.withUnsafeBytes { Array($0) }
        let bytes = [UInt8(json.count), 0, 0, 0, 0, 0, 0, 0] + json + values
        try Data(bytes).write(to: directory.url.appending(path: "model.safetensors"))
        let tensor = try Checkpoint(directory: directory.url).tensor("t")
        #expect(tensor.withBytes { $0.loadUnaligned(fromByteOffset: 4, as: Float.self) } == -2)
    }

    @Test func asksOnlyForWhatIsThere() throws {
        let checkpoint = try makeCheckpoint(in: directory, [Piece("a", .uint8, [4])])
        #expect(throws: CheckpointError.missingTensor(directory: path(), tensor: "b")) { try checkpoint.tensor("b") }
        #expect(
            throws: CheckpointError.wrongTensor(directory: path(), tensor: "a", found: "[4]", expected: "[2, 2]")
        ) { try checkpoint.tensor("a", shape: [2, 2]) }
    }

    @Test func refusesDirectoriesWithoutWeights() throws {
        expect(.system(.init(.read, path("config.json"), .noSuchFileOrDirectory)))
        try directory.write(#"{"model_type": "llama"}"#, to: "config.json")
        expect(.noWeights(directory: path()))
        try directory.write("", to: "model.safetensors.zst")
        expect(.compressedWeights(directory: path(), found: "model.safetensors.zst"))
    }

    @Test func takesAnOnlyFileOfAnotherName() throws {
        try directory.write(#"{"model_type": "llama"}"#, to: "config.json")
        try write([Piece("a", .uint8, [4])], to: directory.url.appending(path: "gptq_model-4bit-128g.safetensors"))
        #expect(try Checkpoint(directory: directory.url).weightFiles == ["gptq_model-4bit-128g.safetensors"])
    }

    @Test func refusesBadHeaders() throws {
        try directory.write(#"{"model_type": "llama"}"#, to: "config.json")
        try directory.write("", to: "model.safetensors")
        expect(.tooShort(file: path("model.safetensors"), byteCount: 0))
    }

    @Test func refusesMissingShards() throws {
        try makeShards(in: directory, shards)
        try FileManager.default.removeItem(at: directory.url.appending(path: "model-2-of-2.safetensors"))
        expect(.missingShard(file: path(index), shard: "model-2-of-2.safetensors"))
    }

    @Test(arguments: ["../x.safetensors", "/etc/passwd", "sub/x.safetensors", "", ".hidden", "a\\u0000b"])
    func refusesShardsThatLieElsewhere(name: String) throws {
        try makeShards(in: directory, shards)
        try directory.write(#"{"weight_map": {"a.weight": "\#(name)"}}"#, to: index)
        let plain = name == "a\\u0000b" ? "a\u{0}b" : name
        expect(.unsafeShardName(file: path(index), shard: plain))
    }

    @Test func refusesAnIndexThatContradictsItsShards() throws {
        try makeShards(in: directory, shards)
        let (one, two) = ("model-1-of-2.safetensors", "model-2-of-2.safetensors")
        func write(_ a: String?, _ b: String, _ c: String, extra: String = "") throws {
            let first = a.map { #""a.weight": "\#($0)", "# } ?? ""
            try directory.write(
                #"{"weight_map": {\#(first)"b.weight": "\#(b)", "c": "\#(c)"\#(extra)}}"#, to: index)
        }
        try write(two, one, two)
        expect(.misplacedTensor(file: path(index), tensor: "a.weight", shard: two, foundIn: one))
        try directory.write(
            #"{"weight_map": {"a.weight": "\#(one)", "b.weight": "\#(two)"}}"#, to: index)
        expect(.unindexedTensor(file: path(index), tensor: "c", shard: two))
    }

    /// What an index names and nobody saved is missed by who needs it.
    @Test func tensorsThatNoShardHoldsAreNamed() throws {
        try makeShards(in: directory, shards)
        let (one, two) = ("model-1-of-2.safetensors", "model-2-of-2.safetensors")
        let map = #""a.weight": "\#(one)", "b.weight": "\#(two)", "c": "\#(two)""#
        try directory.write(
            #"{"weight_map": {\#(map), "mtp.fc.weight": "\#(two)", "c2": "\#(one)"}}"#, to: index)
        let checkpoint = try Checkpoint(directory: directory.url)
        #expect(checkpoint.absentTensors == ["mtp.fc.weight", "c2"])
        #expect(checkpoint.tensors.count == 3)
        #expect(throws: CheckpointError.self) { try checkpoint.tensor("c2") }
    }

    @Test func refusesATensorInTwoShards() throws {
        try makeShards(in: directory, [shards[0], shards[0] + shards[1]])
        let (one, two) = ("model-1-of-2.safetensors", "model-2-of-2.safetensors")
        try directory.write(
            #"{"weight_map": {"a.weight": "\#(one)", "b.weight": "\#(two)", "c": "\#(two)"}}"#, to: index)
        expect(.repeatedTensor(tensor: "a.weight", first: one, second: two))
    }

    @Test func refusesMalformedIndexes() throws {
        try makeShards(in: directory, shards)
        for (text, reason) in [
            ("[]", "no object 'weight_map' in it"), (#"{"weight_map": {}}"#, "'weight_map' is empty"),
            (#"{"weight_map": {"a": 1}}"#, "'a' is mapped to a number, not to a file name"),
            (#"{"weight_map": {"#, "text ends at byte 16 inside a value"),
        ] {
            try directory.write(text, to: index)
            expect(.malformedIndex(file: path(index), reason: reason))
        }
    }

    /// Whatever an index says, opening ends with a checkpoint or one of its errors.
    @Test(arguments: [6, 7])
    func neverTrapsOnAnIndex(seed: UInt64) throws {
        try makeShards(in: directory, shards)
        let location = directory.url.appending(path: index)
        let original = Array(try Data(contentsOf: location))
        var generator = SeededGenerator(seed: seed)
        for round in 0..<200 {
            try Data(generator.mutated(original)).write(to: location)
            do throws(CheckpointError) {
                #expect(try Checkpoint(directory: directory.url).tensors.count == 3, "seed \(seed), round \(round)")
            } catch {
                #expect(!error.description.isEmpty)
            }
        }
    }

    @Test func whatEndsEarlyIsToldFromWhatIsWrong() {
        #expect(CheckpointError.dataTruncated(file: "f", expected: 2, found: 1).endedEarly)
        #expect(CheckpointError.missingShard(file: "f", shard: "s").endedEarly)
        #expect(!CheckpointError.trailingBytes(file: "f", expected: 1, found: 2).endedEarly)
    }
}
