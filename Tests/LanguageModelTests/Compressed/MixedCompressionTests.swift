import Calibration
import Checkpoint
import Compression
import Foundation
import GGUF
import JSON
import Kernels
import LanguageModel
import TestSupport
import Testing

/// Checkpoints whose modules have specs of their own.
struct MixedCompressionTests {
    private static let provenance = Provenance(source: "0123", version: "1")

    private static func spec(_ text: String) throws -> Spec {
        try Spec(json: #require(try JSONValue(parsing: text).object))
    }

    private static func write(
        _ tiny: TinyCheckpoint, _ specs: [Spec], into folder: URL, windows: TokenWindows? = nil
    ) throws -> [Checkpoint] {
        let targets = specs.enumerated().map { CompressionTarget($1, directory: folder.appending(path: "\($0)")) }
        try compress(
            Checkpoint(directory: tiny.directory), into: targets, calibratedOn: windows, provenance: provenance,
            memoryBudget: 1 << 30)
        return try targets.map { try Checkpoint(directory: $0.directory) }
    }

    /// The tensors of a module, by what follows its name.
    private static func tensors(of module: String, in checkpoint: Checkpoint) -> [String: [UInt8]] {
        var result: [String: [UInt8]] = [:]
        for (name, tensor) in checkpoint.tensors where name.hasPrefix(module + ".") {
            result[String(name.dropFirst(module.count + 1))] = tensor.withBytes { Array($0) }
        }
        return result
    }

    private static func decoded(_ matrix: any WeightMatrix) -> [Float] {
        (0..<matrix.rows).flatMap { matrix.values(row: $0) }
    }

    private static let llama = """
        {"model_type": "llama", "vocab_size": 61, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3,
         "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 32}
        """

    /// Every module has the bytes that its spec alone makes of it, whatever the forms beside it.
    @Test(arguments: [
        (#"{"down_proj": {"bits": 8}, "layers.0": {"method": "rtn", "format": "fp8-e4m3"}}"#, "mixed-precision"),
        (#"{"down_proj": {"bits": 8, "group": 16}, "self_attn": "none"}"#, "pack-quantized"),
        (#"{"mlp": {"format": "nvfp4"}, "first-layer": "none", "last-layer": {"format": "mxfp8"}}"#, "mixed-precision"),
        (
            #"{"down_proj": {"format": "nf4", "group": 32}, "o_proj": {"method": "hqq", "bits": 4, "group": 32}}"#,
            "mixed"
        ),
        (#"{"mlp": {"method": "low-rank", "rank": 8}, "o_proj": {"method": "codebook", "levels": 16}}"#, "mixed"),
    ])
    func everyModuleHasTheBytesOfItsSpec(modules: String, format: String) throws {
        let tiny = try TinyCheckpoint(Self.llama)
        let mixed = try Self.spec(
            #"{"method": "rtn", "bits": 4, "group": 32, "symmetric": false, "modules": \#(modules)}"#)
        let line = try Self.spec(#"{"method": "rtn", "bits": 4, "group": 32, "symmetric": false}"#)
        let alone = [line] + mixed.parts.compactMap(\.spec)
        try withScratchDirectory { folder in
            let written = try Self.write(tiny, [mixed] + alone, into: folder)
            let plain = try Checkpoint(directory: tiny.directory)
            let configuration = try #require(written[0].config.quantization?.object)
            #expect(configuration["format"]?.string == format)
            var (used, weights): (Set<Int>, Int) = ([], 0)
            for module in tiny.description.linearModules {
                let place = Self.place(module.name, mixed)
                let expected = place < 0 ? plain : written[1 + place]
                #expect(
                    Self.tensors(of: module.name, in: written[0]) == Self.tensors(of: module.name, in: expected),
                    "\(module.name)")
                used.insert(place)
                weights += 1
            }
            #expect(used.count >= 2 && weights == 21)
            // The whole is read as the parts are.
            let store = try WeightStore(written[0])
            let sources = try ([plain] + written.dropFirst()).map(WeightStore.init)
            for module in tiny.description.linearModules {
                let expected = try sources[1 + Self.place(module.name, mixed)].matrix(module.name, stack: module.stack)
                #expect(try Self.decoded(store.matrix(module.name, stack: module.stack)) == Self.decoded(expected))
            }
            _ = try LanguageModel([tiny.store(), store]).score(tiny.windows(1, context: 8))
        }
    }

    /// Which of the specs is a module's: 0 for the line's, −1 for none; written down anew, by substrings.
    private static func place(_ module: String, _ spec: Spec) -> Int {
        let specs = spec.parts.compactMap(\.spec)
        var (best, longest) = (0, 0)
        for part in spec.parts {
            let text = ["first-layer": "layers.0", "last-layer": "layers.2"][part.selector.text] ?? part.selector.text
            let length = text.split(separator: ".").count
            guard (module + ".").contains("." + text + "."), length > longest else { continue }
            (best, longest) = (part.spec.map { 1 + (specs.firstIndex(of: $0) ?? 0) } ?? -1, length)
        }
        return best
    }

    /// Embeddings and head in forms of their own; a tied head is the embedding.
    @Test(arguments: [false, true], ["rtn", "gptq", "awq"])
    func embeddingsAndHead(tied: Bool, method: String) throws {
        let ties = Self.llama.replacing("\"vocab_size\"", with: "\"tie_word_embeddings\": true, \"vocab_size\"")
        let tiny = try TinyCheckpoint(tied ? ties : Self.llama, absent: tied ? ["lm_head"] : [])
        let head = #"{"method": "rtn", "bits": 8, "group": 32}"#
        let embeddings = tied ? "" : #", "embeddings": {"method": "rtn", "bits": 4, "group": 16}"#
        let spec = try Self.spec(
            #"{"method": "\#(method)", "bits": 4, "group": 32, "modules": {"head": \#(head)\#(embeddings)}}"#)
        try withScratchDirectory { folder in
            let windows = tiny.windows(4, context: 16)
            let written = try Self.write(tiny, [spec], into: folder, windows: windows)[0]
            let (store, base) = (try WeightStore(written), try tiny.store())
            let outside =
                tied ? [("model.embed_tokens", 8, 32)] : [("model.embed_tokens", 4, 16), ("lm_head", 8, 32)]
            for (module, bits, group) in outside {
                let own = try Spec(method: .rtn, bits: bits, group: .size(group))
                let layer = LinearLayer(name: module, weight: try base.matrix(module), scaleType: .float16)
                let expected = try own.compressor.compress(layer, specs: [own], hessian: nil)[0].matrix
                #expect(try Self.decoded(store.matrix(module)) == Self.decoded(expected), "\(module)")
            }
            let scores = try LanguageModel([base, store]).score(windows)
            #expect(scores[0].windows != scores[1].windows)
            let record = try #require(
                try JSONValue(parsing: Array(Data(contentsOf: written.directory.appending(path: "provenance.json"))))
                    .object)
            let shares = try #require(record["bits_per_weight_of"]?.object)
            let layers = try #require(shares["layers"]?.double)
            // GPTQ stores the order of columns besides.
            #expect(record["bits_per_weight"]?.double == layers && (method == "gptq" ? layers > 4.5 : layers == 4.5))
            // Groups of 16 of a row of 32 have two scales of 16 bits.
            let outer: Double = tied ? 8.5 : 6.75
            #expect(shares["embeddings_and_head"]?.double == outer)
            let layer = 2 * 32 * 32 + 2 * 16 * 32 + 3 * 32 * 64
            let (inside, rest) = (Double(3 * layer), Double((tied ? 1 : 2) * 61 * 32))
            let whole: Double = (inside * layers + rest * outer) / (inside + rest)
            #expect(abs((shares["all"]?.double ?? 0) - whole) < 1e-12)
            #expect(record["parts"]?.array?.count == (tied ? 2 : 3))
        }
    }

    /// GPTQ at several widths: each layer's Hessians are those behind the layers that are compressed, by whatever spec.
    @Test func hessiansAreThoseOfTheMixedModel() throws {
        let tiny = try TinyCheckpoint(Self.llama)
        let windows = tiny.windows(6, context: 16)
        let parts = #"{"down_proj": {"bits": 8}, "o_proj": {"method": "rtn", "bits": 2}}"#
        let line = try Self.spec(#"{"method": "gptq", "bits": 3, "modules": \#(parts)}"#)
        let (three, eight) = (try Spec(method: .gptq, bits: 3), try Spec(method: .gptq, bits: 8))
        let two = try Spec(method: .rtn, bits: 2)
        try withScratchDirectory { folder in
            let result = try WeightStore(Self.write(tiny, [line], into: folder, windows: windows)[0])
            let base = try tiny.store()
            let run = try LayerwiseRun(base, windows: windows)
            for (index, layer) in run.description.layers.enumerated() {
                var hessians: [String: Hessian] = [:]
                try run.observe(layer: index) { modules, inputs in
                    for module in modules {
                        let hessian = hessians[module] ?? Hessian(columns: inputs.columns)
                        hessian.add(inputs, windows: inputs.rows / 16)
                        hessians[module] = hessian
                    }
                }
                var compressed: [String: any WeightMatrix] = [:]
                for linear in layer.linearLayers {
                    let module = linear.module
                    let spec = module.hasSuffix("down_proj") ? eight : module.hasSuffix("o_proj") ? two : three
                    let layer = LinearLayer(name: module, weight: try base.matrix(module), scaleType: .float16)
                    let hessian = hessians[module]
                    let expected = try spec.compressor.compress(layer, specs: [spec], hessian: hessian)[0].matrix
                    compressed[module] = try result.matrix(module)
                    #expect(try Self.decoded(result.matrix(module)) == Self.decoded(expected), "\(module)")
                }
                try run.advance(layer: index, replacing: compressed)
            }
        }
    }

    /// AWQ at several widths is better than at the lower one, and says which module it cannot leave.
    @Test func awqTakesOtherWidths() throws {
        let tiny = try TinyCheckpoint(Self.llama)
        let windows = tiny.windows(4, context: 16)
        try withScratchDirectory { folder in
            let specs = try [
                Self.spec(#"{"method": "awq", "bits": 3, "group": 32}"#),
                Self.spec(#"{"method": "awq", "bits": 3, "group": 32, "modules": {"mlp": {"bits": 8}}}"#),
            ]
            let written = try Self.write(tiny, specs, into: folder, windows: windows)
            let variants = try [tiny.store()] + written.map(WeightStore.init)
            let scores = try LanguageModel(variants).score(windows)
            let kl = scores.dropFirst().map { $0.windows.reduce(0) { $0 + $1.divergence } }
            #expect(kl[1] < kl[0])
            let left = try Self.spec(#"{"method": "awq", "bits": 3, "group": 32, "modules": {"mlp": "none"}}"#)
            let error = #expect(throws: LanguageModelError.self) {
                _ = try Self.write(tiny, [left], into: folder.appending(path: "left"), windows: windows)
            }
            #expect(error?.description.contains("cannot stay as it is") == true)
        }
    }

    /// GPT-2's weights lie inputs by outputs, and are mixed in a layout of our own.
    @Test(arguments: [#"{"c_fc": {"bits": 8}}"#, #"{"c_fc": {"format": "mxfp8"}}"#])
    func conv1D(modules: String) throws {
        let tiny = try TinyCheckpoint(
            #require(TinyConfigurations.all["gpt2"]).replacing("\"n_embd\": 24", with: "\"n_embd\": 96"))
        let spec = try Self.spec(#"{"method": "rtn", "bits": 4, "group": 32, "modules": \#(modules)}"#)
        try withScratchDirectory { folder in
            let written = try Self.write(tiny, [spec], into: folder)[0]
            #expect(written.config.quantization?.object?["format"]?.string == "mixed")
            let (store, base) = (try WeightStore(written), try tiny.store())
            for module in tiny.description.linearModules {
                let isOther = module.name.hasSuffix("c_fc")
                let own = isOther ? spec.parts[0].spec : try Spec(method: .rtn, bits: 4, group: .size(32))
                let weight = try base.matrix(module.name, transposed: true)
                let layer = LinearLayer(name: module.name, weight: weight, scaleType: .float16)
                let spec = try #require(own)
                let expected = try spec.compressor.compress(layer, specs: [spec], hessian: nil)[0].matrix
                #expect(try Self.decoded(store.matrix(module.name, transposed: true)) == Self.decoded(expected))
            }
        }
    }

    /// A selector that is of no module, and two of which neither says more.
    @Test func selectorsThatDecideNothingAreRefused() throws {
        let tiny = try TinyCheckpoint(Self.llama)
        func message(_ modules: String) throws -> String {
            let spec = try Self.spec(#"{"method": "rtn", "bits": 4, "modules": \#(modules)}"#)
            let found = try misfits(
                of: [spec], to: Checkpoint(directory: tiny.directory), modules: tiny.description.compressibleModules)
            let error = try #require(found.first)
            return try #require(error).description
        }
        #expect(
            try message(#"{"down_pro": {"bits": 8}}"#)
                == "modules is 'down_pro', which is no module of the model but must be parts of their names, such as "
                + "q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj, or one of first-layer, last-layer, "
                + "embeddings, head")
        #expect(
            try message(#"{"mlp": {"bits": 8}, "down_proj": {"bits": 3}}"#)
                == "modules is 'down_proj' and 'mlp', which both match 'model.layers.0.mlp.down_proj' but must be such "
                + "that one of them has more parts, or a third one such as 'mlp.down_proj'")
        for (modules, part) in [
            (#"{"layers.3": {"bits": 8}}"#, "'layers.3', which is no module"),
            (#"{"lm_head": {"bits": 8}}"#, "or one of first-layer, last-layer, embeddings, head"),
            (
                #"{"head": {"method": "gptq", "bits": 8}}"#,
                "'lm_head' is outside of decoder layers, where gptq sees no inputs"
            ),
            (#"{"q_proj": {"bits": 4, "activations": 8}}"#, "share rounded inputs, so they need one spec"),
            (#"{"q_proj": {"method": "low-rank", "rank": 4}}"#, "share a basis, so they need one spec"),
        ] {
            let found = try message(modules)
            #expect(found.contains(part), "\(found)")
        }
    }

    /// Types of a GGUF file by module.
    @Test func typesOfAFileByModule() throws {
        let tiny = try TinyCheckpoint(Self.llama)
        let spec = try Self.spec(
            #"""
            {"method": "rtn", "format": "q4_0",
             "modules": {"down_proj": {"format": "q8_0"}, "head": {"format": "q5_0"}, "o_proj": "none"}}
            """#)
        try withScratchDirectory { folder in
            let written = try Self.write(tiny, [spec], into: folder)[0]
            let file = try GGUFFile(written.directory.appending(path: "model.gguf"))
            func type(_ name: String) throws -> String {
                try #require(file.tensors.first { $0.info.name == name }).info.type.spelling
            }
            for (name, expected) in [
                ("blk.1.ffn_down.weight", "q8_0"), ("blk.1.ffn_up.weight", "q4_0"), ("output.weight", "q5_0"),
                ("blk.0.attn_output.weight", "f32"), ("token_embd.weight", "f32"),
            ] { #expect(try type(name) == expected, "\(name)") }
            _ = try LanguageModel([tiny.store(), WeightStore(written)]).score(tiny.windows(1, context: 8))
        }
    }
}
