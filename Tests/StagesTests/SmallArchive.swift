import Checkpoint
import FoundationEssentials
import JSON
import Pipeline
import System
import TestSupport

/// A made-up archive of GPT-NeoX models that run in no time: two sizes, three steps each, in plain directories.
struct SmallArchive {
    let root: URL
    var archive: URL { root.appending(path: "archive") }
    var manifest: URL { root.appending(path: "manifest.yaml") }

    static let specs = "[{method: rtn, bits: [4, 3, 2], group: 8, symmetric: false}]"

    init(in root: URL) throws {
        self.root = root
        for width in [16, 24] {
            for step in [64, 128, 256] {
                try Self.writeModel(width: width, step: step, to: archive.appending(path: "d\(width)/step\(step)"))
            }
        }
        let words = ["the", "model", "loses", "a", "little", "when", "its", "weights", "are", "rounded", "down"]
        let text = (0..<400).map { words[$0 * $0 % 11] }.joined(separator: " ")
        try replaceFile(Array(text.utf8), at: root.appending(path: "heldout.txt"))
        try writeManifest()
    }

    /// Writes the manifest, with other specs if any are given.
    func writeManifest(specs: String = Self.specs, windows: Int = 6) throws {
        let text = """
            name: small
            archives: [{path: archive, family: made-up, tokens_per_step: 1000}]
            shard: heldout.txt
            context: 32
            windows: \(windows)
            specs: \(specs)
            laws: [qid-unified]
            predictions: [{params: 1e6, tokens: 1e6, bits: 4}]

            """
        try replaceFile(Array(text.utf8), at: manifest)
    }

    static func writeModel(width: Int, step: Int, to directory: URL) throws {
        var random = SeededGenerator(seed: UInt64(width * 1000 + step))
        try writeModel(width: width, to: directory) { _, count in
            (0..<count).map { _ in Float.random(in: -1...1, using: &random) * Float(step).squareRoot() / 16 }
        }
    }

    /// Writes a model whose weights are what `values` gives for a tensor's number and its size; those of norms lie around 1.
    static func writeModel(
        width: Int, to directory: URL, values: (_ tensor: Int, _ count: Int) -> [Float]
    ) throws {
        try makeDirectory(directory)
        let config: JSONValue = [
            "model_type": "gpt_neox", "hidden_size": .integer(width), "num_hidden_layers": 2,
            "num_attention_heads": 2, "intermediate_size": .integer(4 * width), "vocab_size": 257,
            "max_position_embeddings": 32, "rotary_pct": 0.5, "rotary_emb_base": 10000, "hidden_act": "gelu",
            "layer_norm_eps": 1e-5, "use_parallel_residual": true, "tie_word_embeddings": false,
            "torch_dtype": "float16", "eos_token_id": 256,
        ]
        try replaceFile(Array(config.prettyText.utf8), at: directory.appending(path: "config.json"))
        try replaceFile(Array(tokenizer.prettyText.utf8), at: directory.appending(path: "tokenizer.json"))
        let shapes = shapes(width: width)
        var writer = try SafetensorsWriter(
            creating: directory.appending(path: "model.safetensors"),
            tensors: shapes.map { .init($0.0, .float16, $0.1) })
        for (place, (name, shape)) in shapes.enumerated() {
            let isScale = name.hasSuffix("norm.weight")
            let halves = values(place, shape.reduce(1, *)).map { value -> Float16 in
                isScale ? 1 + Float16(value) / 16 : Float16(value)
            }
            try writer.write(name, halves)
        }
        try writer.finish()
    }

    private static func shapes(width d: Int) -> [(String, [Int])] {
        var shapes: [(String, [Int])] = [
            ("gpt_neox.embed_in.weight", [257, d]), ("embed_out.weight", [257, d]),
            ("gpt_neox.final_layer_norm.weight", [d]), ("gpt_neox.final_layer_norm.bias", [d]),
        ]
        for layer in 0..<2 {
            let prefix = "gpt_neox.layers.\(layer)."
            for (name, rows, columns) in [
                ("attention.query_key_value", 3 * d, d), ("attention.dense", d, d), ("mlp.dense_h_to_4h", 4 * d, d),
                ("mlp.dense_4h_to_h", d, 4 * d),
            ] {
                shapes += [(prefix + name + ".weight", [rows, columns]), (prefix + name + ".bias", [rows])]
            }
            for name in ["input_layernorm", "post_attention_layernorm"] {
                shapes += [(prefix + name + ".weight", [d]), (prefix + name + ".bias", [d])]
            }
        }
        return shapes
    }

    /// Byte-level BPE without merges: a token for each byte, and the end of a text.
    private static var tokenizer: JSONValue {
        var vocabulary = JSONObject()
        var next: UInt32 = 256
        for byte in UInt32(0)..<256 {
            let isPrintable = (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)
            let scalar = Unicode.Scalar(isPrintable ? byte : next)
            if !isPrintable { next += 1 }
            vocabulary[String(Character(scalar ?? "?"))] = .integer(Int(byte))
        }
        vocabulary["<|endoftext|>"] = 256
        let pieces: JSONValue = [
            "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true,
        ]
        return [
            "version": "1.0", "truncation": .null, "padding": .null,
            "added_tokens": [
                [
                    "id": 256, "content": "<|endoftext|>", "single_word": false, "lstrip": false, "rstrip": false,
                    "normalized": false, "special": true,
                ]
            ],
            "normalizer": .null, "pre_tokenizer": pieces, "post_processor": .null, "decoder": pieces,
            "model": [
                "type": "BPE", "dropout": .null, "unk_token": .null, "continuing_subword_prefix": .null,
                "end_of_word_suffix": .null, "fuse_unk": false, "byte_fallback": false, "vocab": .object(vocabulary),
                "merges": [],
            ],
        ]
    }
}
