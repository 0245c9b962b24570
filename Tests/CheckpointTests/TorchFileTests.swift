import Checkpoint
import Foundation
import JSON
import TestSupport
import Testing

/// Files of `torch.save`: what torch has written is read, and nothing else is, whatever it says.
struct TorchFileTests {
    private let directory: ScratchDirectory

    init() throws {
        directory = try ScratchDirectory()
        try directory.write(#"{"model_type": "llama"}"#, to: "config.json")
    }

    private static func fixture(_ name: String) throws -> [UInt8] { try Fixtures.bytes("torch/\(name)") }

    private func open(_ bytes: [UInt8]) throws -> Checkpoint {
        try directory.write(bytes, to: "pytorch_model.bin")
        return try Checkpoint(directory: directory.url)
    }

    /// Why bytes are refused.
    private func fault(_ bytes: [UInt8]) throws -> PickleFault? {
        let error = #expect(throws: CheckpointError.self) { try open(bytes) }
        guard case .torch(let file, let fault)? = error else { return nil }
        #expect(file.hasSuffix("pytorch_model.bin"))
        return fault
    }

    /// Each tensor as `torch.json` has it: name, type, shape and digest.
    private static func expected(_ isPart: (String) -> Bool = { _ in true }) throws -> [String: String] {
        let known = try #require(Fixtures.json("torch.json").object)
        return Dictionary(
            uniqueKeysWithValues: known.members.filter { isPart($0.key) }.map { member in
                let parts = member.value.array ?? []
                return (
                    member.key,
                    "\(parts[0].string ?? "") \(parts[1].array?.compactMap(\.int) ?? []) \(parts[2].string ?? "")"
                )
            })
    }

    private func found(_ checkpoint: Checkpoint) -> [String: String] {
        checkpoint.tensors.mapValues { tensor in
            let digest = tensor.digest()
            return "\(digest.type.rawValue) \(digest.shape) \(digest.sha256)"
        }
    }

    @Test(arguments: ["zip.bin", "protocol4.bin", "wrapped.bin"])
    func readsWhatTorchWrites(name: String) throws {
        #expect(try found(open(Self.fixture(name))) == Self.expected())
    }

    @Test func readsTheOlderFormat() throws {
        let expected = try Self.expected { !$0.hasPrefix("type.U16") && !$0.hasPrefix("type.F8") }
        #expect(try found(open(Self.fixture("legacy.bin"))) == expected)
    }

    @Test func readsShards() throws {
        let folder = Fixtures.directory.appending(path: "torch/sharded")
        let checkpoint = try Checkpoint(directory: folder)
        #expect(checkpoint.weightFiles == (1...2).map { "pytorch_model-0000\($0)-of-00002.bin" })
        #expect(try found(checkpoint) == Self.expected())
    }

    /// The same tensors have the same identity in whatever format.
    @Test func digestsAreThoseOfSafetensors() throws {
        let torch = try open(Self.fixture("zip.bin"))
        let digest = torch.digest()
        var writer = try SafetensorsWriter(
            creating: directory.url.appending(path: "model.safetensors"),
            tensors: torch.tensors.values.map { .init($0.info.name, $0.info.type, $0.info.shape) })
        for tensor in torch.tensors.values {
            try tensor.withBytes { (bytes) throws(CheckpointError) in try writer.write(tensor.info.name, bytes) }
        }
        try writer.finish()
        let safetensors = try Checkpoint(directory: directory.url)
        #expect(safetensors.weightFiles == ["model.safetensors"], "safetensors come first")
        #expect(safetensors.digest() == digest)
    }

    /// A pickle that would run something when Python loads it.
    @Test(arguments: [
        ("cos\nsystem\n", "os.system"), ("cbuiltins\neval\n", "builtins.eval"),
        ("ctorch\nload\n", "torch.load"),
        ("ctorch._utils\n_rebuild_sparse_tensor\n", "torch._utils._rebuild_sparse_tensor"),
        ("c__builtin__\ngetattr\n", "__builtin__.getattr"),
        ("cnumpy.core.multiarray\n_reconstruct\n", "numpy.core.multiarray._reconstruct"),
    ])
    func refusesFunctionsByName(_ text: String, _ name: String) throws {
        let pickle = [0x80, 2] + Array(text.utf8) + [0x58, 2, 0, 0, 0] + Array("ls".utf8) + [0x85, 0x52, 0x2e]
        #expect(try fault(Self.zip(pickle)) == .global(name, offset: 2 + text.utf8.count))
        #expect(try fault(Self.older(pickle)) == .global(name, offset: Self.olderStart + 2 + text.utf8.count))
    }

    /// Instructions that make objects, sets or byte strings, or read text: no tensor needs them.
    @Test(arguments: [
        0x81, 0x92, 0x8f, 0x42, 0x43, 0x8e, 0x49, 0x4c, 0x56, 0x53, 0x6f, 0x69, 0x50, 0x82, 0x32, 0x64, 0x6c, 0xff,
    ])
    func refusesOtherInstructions(code: UInt8) throws {
        #expect(try fault(Self.zip([0x80, 2, 0x4e, code, 0x2e])) == .opcode(code, offset: 3))
    }

    @Test func refusesWhatIsNoStateDictionary() throws {
        #expect(try fault(Self.zip([0x80, 2, 0x4e, 0x2e])) == .notAStateDictionary(found: "nothing"))
        #expect(try fault(Self.zip([0x80, 2, 0x7d, 0x2e])) == .notAStateDictionary(found: "no tensor"))
        let nested: [UInt8] = [0x80, 2, 0x7d, 0x58, 1, 0, 0, 0, 0x61, 0x5d, 0x73, 0x2e]
        #expect(try fault(Self.zip(nested)) == .notAStateDictionary(found: "a list under 'a'"))
        let numbered: [UInt8] = [0x80, 2, 0x7d, 0x4b, 1, 0x4e, 0x73, 0x2e]
        #expect(try fault(Self.zip(numbered)) == .notAStateDictionary(found: "a number as a key"))
    }

    @Test func refusesBigEndianFiles() throws {
        let bytes = try Self.fixture("zip.bin")
        #expect(try fault(Self.replacing("little", with: "bigend", in: bytes)) == .bigEndian)
        let older = try Self.fixture("legacy.bin")
        let key = Array("little_endian".utf8)
        let place = try #require(Self.place(of: key, in: older)) + key.count
        let flag = try #require(older[place...].firstIndex(of: 0x88))
        var changed = older
        changed[flag] = 0x89
        #expect(try fault(changed) == .bigEndian)
    }

    @Test func refusesTensorsBeyondTheirStorage() throws {
        let bytes = try Self.fixture("zip.bin")
        // The first tensor's sizes, (6, 4), become (7, 4).
        let sizes: [UInt8] = [0x4b, 6, 0x4b, 4, 0x86]
        var changed = bytes
        changed[try #require(Self.place(of: sizes, in: bytes)) + 1] = 7
        #expect(
            try fault(changed)
                == .tensor(
                    name: "base",
                    reason: "sizes [7, 4] and strides [4, 1] from 0 on reach beyond the 24 elements of storage '0'"))
        // Its storage of 24 elements has 96 bytes, not 100.
        let count: [UInt8] = [0x4b, 24, 0x74]
        changed = bytes
        changed[try #require(Self.place(of: count, in: bytes)) + 1] = 25
        #expect(
            try fault(changed) == .storage(key: "0", reason: "it has 96 bytes but 25 elements belong in it"))
    }

    @Test func refusesDamagedZips() throws {
        let bytes = try Self.fixture("zip.bin")
        #expect(try fault([]) == .notTorch)
        #expect(try fault(Array("version 1".utf8)) == .notTorch)
        #expect(try fault(Array(bytes.dropLast())) == .zip(reason: "it has no end; the file is cut off"))
        #expect(try fault(Array(bytes.prefix(2000))) == .zip(reason: "it has no end; the file is cut off"))
        let entry = try #require(Self.place(of: [0x50, 0x4b, 1, 2], in: bytes))
        for (offset, value, reason) in [
            (8, 1, "is encrypted"), (10, 8, "is compressed"), (20, 1, "has two sizes"), (42, 9, "has no header"),
        ] as [(Int, UInt8, String)] {
            var changed = bytes
            changed[entry + offset] = value
            guard case .zip(let found)? = try fault(changed) else {
                Issue.record("\(reason) was read")
                continue
            }
            #expect(found.hasSuffix(reason))
        }
        #expect(
            try fault(Self.zip([0x80, 2, 0x4e, 0x2e], name: "x/other.pkl"))
                == .zip(reason: "it holds 0 files 'data.pkl' where one belongs"))
    }

    @Test func aFileThatGitHasNotFetchedIsNamed() throws {
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
        let file = directory.url.appending(path: "pytorch_model.bin").path(percentEncoded: false)
        #expect(throws: CheckpointError.gitLFSPointer(file: file)) { try open(Array(pointer.utf8)) }
    }

    /// A view that repeats its elements a thousandfold is refused: tensors are no more than their file.
    @Test func viewsTakeNoMoreThanTheFile() throws {
        var bytes = try Self.fixture("zip.bin")
        // `repeated`, of sizes (4, 2) and strides (1, 0), becomes one element 255 times 255 times.
        let name = try #require(Self.place(of: Array("repeated".utf8), in: bytes))
        func place(of part: [UInt8]) throws -> Int {
            try #require(Self.place(of: part, in: Array(bytes[name...]))) + name
        }
        let (sizes, strides) = (try place(of: [0x4b, 4, 0x4b, 2, 0x86]), try place(of: [0x4b, 1, 0x4b, 0, 0x86]))
        (bytes[sizes + 1], bytes[sizes + 3], bytes[strides + 1]) = (255, 255, 0)
        #expect(
            try fault(bytes)
                == .tensor(
                    name: "repeated", reason: "sizes [255, 255] show more of its storage than the file has bytes"))
    }

    /// Whatever stands in a file, it is read or refused: nothing traps, and memory stays within a multiple of its size.
    ///
    /// `QID_MUTATIONS` sets how many files are tried.
    @Test func mutatedFilesNeverTrap() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let count = ProcessInfo.processInfo.environment["QID_MUTATIONS"].flatMap(Int.init) ?? 2000
        let originals = try ["zip.bin", "legacy.bin", "protocol4.bin", "wrapped.bin"].map { try Self.fixture($0) }
        var opened = 0
        for index in 0..<count {
            let bytes = random.mutated(originals[index % originals.count])
            guard let checkpoint = try? open(bytes) else { continue }
            opened += 1
            let size = checkpoint.tensorByteCount
            #expect(size <= 64 * bytes.count, "seed \(seed), file \(index)")
            for tensor in checkpoint.tensors.values { _ = tensor.digest() }
        }
        #expect(opened > 0, "seed \(seed)")
    }

    // MARK: Files made on the spot

    /// A zip of one stored file.
    private static func zip(_ pickle: [UInt8], name: String = "x/data.pkl") -> [UInt8] {
        func little(_ value: Int, _ width: Int) -> [UInt8] {
            (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let title = Array(name.utf8)
        let sizes = little(0, 4) + little(pickle.count, 4) + little(pickle.count, 4)
        let local: [UInt8] =
            [0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] + sizes + little(title.count, 2) + little(0, 2) + title
        let central: [UInt8] =
            [0x50, 0x4b, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] + sizes + little(title.count, 2) + little(0, 16)
            + title
        let end: [UInt8] =
            [0x50, 0x4b, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0] + little(central.count, 4)
            + little(local.count + pickle.count, 4) + little(0, 2)
        return local + pickle + central + end
    }

    private static let olderHead: [UInt8] = [
        0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e, 0x80, 2, 0x4d, 0xe9, 3,
        0x2e,
        0x80, 2, 0x7d, 0x2e,
    ]
    private static let olderStart = olderHead.count

    /// The older format up to its fourth pickle.
    private static func older(_ pickle: [UInt8]) -> [UInt8] { olderHead + pickle }

    private static func place(of part: [UInt8], in bytes: [UInt8]) -> Int? {
        bytes.indices.first { bytes[$0...].starts(with: part) }
    }

    private static func replacing(_ text: String, with other: String, in bytes: [UInt8]) throws -> [UInt8] {
        var bytes = bytes
        let place = try #require(Self.place(of: Array(text.utf8), in: bytes))
        bytes.replaceSubrange(place..<place + text.utf8.count, with: Array(other.utf8))
        return bytes
    }
}
