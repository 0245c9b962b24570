import Checkpoint
import Compression
import Foundation
import GGUF
import JSON
import LanguageModel
import TestSupport
import Testing

/// GGUF files of tiny models against the losses that transformers computes of them (`generate/gguf_models.py`).
@Suite struct GGUFCheckpointTests {
    static let names = [
        "llama", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "stablelm", "starcoder2", "gpt2", "bloom",
    ]
    private static let folder = Fixtures.directory.appending(path: "gguf")

    private static func checkpoint(_ name: String) throws -> Checkpoint {
        try Checkpoint(directory: folder.appending(path: "\(name).gguf"))
    }

    @Test(arguments: names) func agreesWithTransformers(name: String) throws {
        let expected = try #require(Fixtures.json("gguf/losses.json").object?[name]?.array).compactMap(\.double)
        let checkpoint = try Self.checkpoint(name)
        var ids: [UInt32] = []
        for window in 0..<2 {
            for place in 0..<32 { ids.append(UInt32((7 * place * place + 3 * place + window) % 96)) }
        }
        let score = try LanguageModel([try WeightStore(checkpoint)]).score(TokenWindows(ids: ids, context: 32))[0]
        for (found, expected) in zip(score.windows, expected) {
            #expect(abs(found.negativeLogLikelihood / 31 - expected) < 1e-5)
        }
    }

    @Test func weightsAreCountedWithTheirScales() throws {
        let model = try LanguageModel([try WeightStore(Self.checkpoint("llama"))])
        #expect(model.bitsPerWeight == [8.5])
    }

    @Test func whatIsCompressedIsRefusedAsASource() throws {
        let checkpoint = try Self.checkpoint("llama")
        #expect(checkpoint.config.quantization?.object?["scheme"] == "gguf-q8_0")
        #expect(try WeightStore(checkpoint).scheme == "gguf-q8_0")
        let modules = try ModelVariant(WeightStore(checkpoint)).description.linearModules
        #expect(throws: CompressionError.self) {
            _ = try misfits(of: [Spec(method: .rtn, bits: 4)], to: checkpoint, modules: modules)
        }
    }

    /// One thing of a file changed, and what names it.
    static let changes: [(key: String, value: GGUFValue, named: String)] = [
        ("general.architecture", GGUFValue.string("rwkv7"), "general.architecture"),
        ("llama.expert_gating_func", .uint32(2), "llama.expert_gating_func"),
        ("llama.rope.dimension_count", .uint32(8), "llama.rope.dimension_count"),
        ("llama.rope.scaling.type", .string("su"), "llama.rope.scaling.type"),
        ("llama.attention.head_count_kv", .uint32(3), "llama.attention.head_count_kv"),
        ("llama.expert_count", .string("two"), "llama.expert_count"),
    ]

    @Test(arguments: changes)
    func whatIsNotUnderstoodIsNamed(key: String, value: GGUFValue, named: String) throws {
        try withScratchDirectory { folder in
            let place = folder.appending(path: "changed.gguf")
            try Self.copy("llama", to: place, changing: [key: value])
            let error = try #require(throws: CheckpointError.self) { _ = try Checkpoint(directory: place) }
            #expect("\(error)".contains("'\(named)'"))
        }
    }

    @Test func tensorsOfNoRuleAreNamed() throws {
        try withScratchDirectory { folder in
            let place = folder.appending(path: "changed.gguf")
            try Self.copy("llama", to: place, renaming: ["blk.1.ffn_up.weight": "blk.1.ffn_other.weight"])
            let error = try #require(throws: CheckpointError.self) { _ = try Checkpoint(directory: place) }
            #expect("\(error)".contains("'blk.1.ffn_other.weight'"))
        }
    }

    @Test func shardsAreOneCheckpoint() throws {
        try withScratchDirectory { folder in
            try Self.split("llama", into: folder)
            let whole = try Self.checkpoint("llama")
            for place in [folder, folder.appending(path: "model-00002-of-00002.gguf")] {
                #expect(try Checkpoint(directory: place).digest() == whole.digest())
            }
            let second = folder.appending(path: "model-00002-of-00002.gguf")
            try FileManager.default.removeItem(at: second)
            #expect(throws: CheckpointError.self) { _ = try Checkpoint(directory: folder) }
        }
    }

    @Test func severalModelsOfAFolderAreNamed() throws {
        #expect(throws: CheckpointError.self) { _ = try Checkpoint(directory: Self.folder) }
    }

    private static func copy(
        _ name: String, to place: URL, changing values: [String: GGUFValue] = [:],
        renaming names: [String: String] = [:]
    ) throws {
        let file = try GGUFFile(folder.appending(path: "\(name).gguf"))
        let kept = file.metadata.entries.filter { values[$0.key] == nil }
        try write(file.tensors, kept + values.map { (key: $0.key, value: $0.value) }, to: place, names)
    }

    private static func write(
        _ tensors: [GGUFTensor], _ entries: [(key: String, value: GGUFValue)], to place: URL,
        _ names: [String: String] = [:]
    ) throws {
        var writer = try GGUFWriter(
            creating: place, metadata: entries,
            tensors: tensors.map { .init(names[$0.info.name] ?? $0.info.name, $0.info.type, $0.info.shape) })
        for tensor in tensors {
            try writer.write(names[tensor.info.name] ?? tensor.info.name, RawSpan(_unsafeBytes: tensor.bytes))
        }
        try writer.finish()
    }

    private static func split(_ name: String, into target: URL) throws {
        let file = try GGUFFile(folder.appending(path: "\(name).gguf"))
        let half = file.tensors.count / 2
        for (index, tensors) in [file.tensors[..<half], file.tensors[half...]].enumerated() {
            let split: [(key: String, value: GGUFValue)] = [
                ("split.no", .uint16(UInt16(index))), ("split.count", .uint16(2)),
                ("split.tensors.count", .int32(Int32(file.tensors.count))),
            ]
            try write(
                Array(tensors), (index == 0 ? file.metadata.entries : []) + split,
                to: target.appending(path: "model-0000\(index + 1)-of-00002.gguf"))
        }
    }
}
