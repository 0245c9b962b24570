import Archive
import Checkpoint
import Compression
import FoundationEssentials
import GGUF
import JSON
import Pipeline
import ScalingLaws
import System
import Tokenization

/// The readers of what others wrote, each with the bytes that it reads.
package enum Parser: String, CaseIterable {
    case safetensors, torch, gguf, config, tar, compressed, tokenizer, array, lines, manifest, lock, json, spec, law,
        points

    package func read(_ bytes: [UInt8]) {
        switch self {
        case .safetensors: checkpoint(bytes, "model.safetensors")
        case .torch: checkpoint(bytes, "pytorch_model.bin")
        case .config: checkpoint(Self.weights, "model.safetensors", config: bytes)
        case .gguf: if let header = try? GGUFHeader(of: bytes, file: "model.gguf") { _ = header.tensors.count }
        case .tar: tar(bytes)
        case .compressed: compressed(bytes)
        case .tokenizer: _ = (try? Tokenizer(json: bytes, name: "tokenizer.json"))?.encode("Tō be, or not 12 <s>\n")
        case .array: _ = try? tokenStream(shard: file(bytes, "shard.npy"), tokenizer: nil)
        case .lines: _ = try? tokenStream(shard: file(bytes, "shard.jsonl"), tokenizer: Self.byteTokenizer)
        case .manifest: _ = try? Manifest(file: file(bytes, "manifest.yaml"))
        case .lock: _ = try? Lock(ifLock: file(bytes, "manifest.lock.yaml"))
        case .json: if let value = try? JSONValue(parsing: bytes) { _ = value.canonicalText }
        case .spec:
            if let object = (try? JSONValue(parsing: bytes))?.object { _ = try? Spec.expand(line: object) }
        case .law: _ = try? Laws.named(String(decoding: bytes, as: UTF8.self))
        case .points: _ = try? Points.parse(csv: bytes)
        }
    }

    /// Opens a checkpoint and reads every tensor of it.
    private func checkpoint(
        _ weights: [UInt8], _ name: String, config: [UInt8] = Array(#"{"model_type": "llama"}"#.utf8)
    ) {
        let directory = file(weights, name).deletingLastPathComponent()
        _ = file(config, "config.json")
        guard let checkpoint = try? Checkpoint(directory: directory) else { return }
        for tensor in checkpoint.tensors.values { _ = tensor.digest() }
    }

    private func tar(_ bytes: [UInt8]) {
        guard var reader = try? TarReader(path: file(bytes, "archive.tar"), limits: TarLimits(byteCount: 1 << 24))
        else { return }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
        defer { buffer.deallocate() }
        // The buffer is lent for each call and is of this function.
        while (try? reader.next()) != nil { while let count = try? reader.read(into: buffer), count > 0 {} }
    }

    private func compressed(_ bytes: [UInt8]) {
        guard var reader = try? ByteReader(path: file(bytes, "shard.zst")) else { return }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        // As above; data that grows without end is the caller's to stop.
        for _ in 0..<256 { if (try? reader.read(into: buffer)) ?? 0 == 0 { return } }
    }

    /// Puts bytes into a file of this process.
    private func file(_ bytes: [UInt8], _ name: String) -> URL {
        let place = Self.directory.appending(path: name)
        do { try replaceFile(bytes, at: place) } catch { fatalError("\(error)") }
        return place
    }

    private static let directory: URL = {
        let root =
            ProcessInfo.processInfo.environment["QID_FUZZ_DIRECTORY"] ?? FileManager.default.temporaryDirectory.path
        let place = URL(filePath: root).appending(path: "qid-fuzz-\(ProcessInfo.processInfo.processIdentifier)")
        do { try makeDirectory(place) } catch { fatalError("\(error)") }
        return place
    }()

    /// A float32 tensor of two numbers.
    private static let weights: [UInt8] = {
        let header = Array(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#.utf8)
        return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
            + [UInt8](repeating: 0, count: 8)
    }()

    /// A tokenizer of a few bytes.
    private static let byteTokenizer: Tokenizer? = {
        let text = """
            {"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "<|endoftext|>": 3}, "merges": [["a", "b"]]},
             "added_tokens": [{"id": 3, "content": "<|endoftext|>", "special": true}],
             "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}}
            """
        return try? Tokenizer(json: Array(text.utf8), name: "tokenizer.json")
    }()
}
