import Foundation
import System
import TestSupport

extension Parser {
    /// Inputs that it reads, to make others from: the fixtures' files, and small ones of what is not among them.
    package func seeds() throws -> [[UInt8]] {
        switch self {
        case .safetensors: try Self.files("safetensors", below: Fixtures.directory, Fixtures.demo)
        case .torch: try Self.files(nil, below: Fixtures.directory.appending(path: "torch"))
        case .gguf: try Self.files("gguf", below: Fixtures.directory.appending(path: "gguf"))
        case .config: try Self.files("config.json", below: Fixtures.directory)
        case .tokenizer: try Self.files("json", below: Fixtures.directory.appending(path: "tokenizers"))
        case .tar: try Self.tars()
        case .compressed: try Self.tars().suffix(1) + Self.files("zst", below: Fixtures.demo)
        case .array: [Array(try Fixtures.bytes("heldout.npy").prefix(4096))]
        case .manifest: try Self.files("yaml", below: Fixtures.repository.appending(path: "Manifests"))
        case .lock: [Array(Self.lockSeed.utf8)]
        case .json: [try Fixtures.bytes("architectures/gpt2/config.json")]
        case .lines: [Array("{\"text\": \"ab\"}\n".utf8)]
        case .spec:
            [Array(#"{"method": "gptq", "bits": [4, 3], "group": 128, "symmetric": false, "sparse": "2:4"}"#.utf8)]
        case .law: [Array("kl = k * D^beta / (N^alpha * P^gamma)".utf8)]
        case .points: [Array("params,tokens,bits,qid\n1e8,1e9,4,0.1\n".utf8)]
        }
    }

    /// The small files below some directories whose names end so.
    private static func files(_ ending: String?, below directories: URL...) throws -> [[UInt8]] {
        var found: [[UInt8]] = []
        for directory in directories {
            let paths = try FileManager.default.subpathsOfDirectory(atPath: directory.path).sorted()
            for path in paths where ending.map(path.hasSuffix) ?? true {
                let file = directory.appending(path: path)
                let status = try FileStatus(of: file)
                guard status.kind == .file, status.byteCount <= 100_000 else { continue }
                found.append(try readFile(file))
            }
        }
        return found
    }

    /// A file in the two formats of tar, and compressed.
    private static func tars() throws -> [[UInt8]] {
        let directory = try TemporaryDirectory("qid-seeds")
        let source = Fixtures.directory.appending(path: "architectures/gpt2").path
        return try [["--format=ustar", "-cf"], ["--format=pax", "-cf"], ["--format=pax", "-czf"]].map { options in
            let file = directory.location.appending(path: "seed.tar")
            let (end, _) = try Command("tar", options + [file.path, "-C", source, "config.json"]).capture()
            guard end == .exited(status: 0) else { throw CocoaError(.fileReadUnknown) }
            return try readFile(file)
        }
    }

    private static let lockSeed = """
        lock: 1
        name: demo
        stages: {ingest: 1, quantize: 2, evaluate: 3, record: 1, fit: 3}
        shard: {sha256: \(digest), path: /data/heldout.jsonl.zst}
        tokenizer: null
        context: 256
        windows: 128
        specs:
        - {method: rtn, bits: 4, group: 16, symmetric: false}
        - {method: gptq, bits: 2, group: 16, symmetric: false, scales: float16}
        laws: [kl-unified]
        predictions:
        - {params: [559392], tokens: [4000000], bits: [4]}
        order: random
        seed: 1
        calibration: {shard: {sha256: \(digest), path: /data/calibration.jsonl.zst}, context: 256, windows: 32}
        archives:
        - {path: /data/archive, family: neox, tokens_per_step: 4096, schedule: {shape: wsd, warm_up: 50}, steps: [128]}
        checkpoints:
        - digest: \(digest)
          config_sha256: \(digest)
          tokenizer_sha256: \(digest)
          architecture: gpt_neox
          dtype: F16
          params_total: 331136
          params_non_embedding: 200064
          layers: 4
          width: 64
          vocabulary: 1024
          family: neox
          series: neox-200k-seed1
          seed: "1"
          step: 128
          tokens: 524288
          tokens_source: tokens-per-step
          phase: stable
          path: /data/archive/neox-200k-seed1/step128

        """

    private static let digest = String(repeating: "0c3c834edad682af", count: 4)
}
