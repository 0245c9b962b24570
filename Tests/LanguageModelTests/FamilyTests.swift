import JSON
import LanguageModel
import Testing
import Vectors

struct FamilyTests {
    private func describe(_ text: String, without absent: Set<String> = []) throws -> DecoderDescription {
        let json = try #require(try JSONValue(parsing: text).object)
        return try Family.describe(FamilySettings(json: json, hasModule: { !absent.contains($0) }))
    }

    private static let llama = """
        "vocab_size": 61, "hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 4
        """
    private static let neox = """
        "model_type": "gpt_neox", "vocab_size": 61, "hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 2, \
        "num_attention_heads": 3
        """

    @Test func oldAndNewFormsOfNeoXMeanTheSame() throws {
        let old = try describe("{\(Self.neox), \"rotary_pct\": 0.5, \"rotary_emb_base\": 5000}")
        let new = try describe(
            "{\(Self.neox), \"rope_parameters\": {\"partial_rotary_factor\": 0.5, \"rope_theta\": 5000.0}}")
        #expect(old == new)
        #expect(old.layers[0].attention.rotary == RotaryDescription(dimension: 4, base: 5000))
        #expect(try describe("{\(Self.neox)}").layers[0].attention.rotary?.dimension == 2)
    }

    @Test func oldAndNewFormsOfLlamaMeanTheSame() throws {
        let old = try describe(
            """
            {"model_type": "llama", \(Self.llama), "rope_theta": 7000, "rope_scaling": {"type": "linear", "factor": 2}}
            """)
        let new = try describe(
            """
            {"model_type": "llama", \(Self.llama),
             "rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 7000}}
            """)
        #expect(old == new)
        #expect(
            old.layers[1].attention.rotary == RotaryDescription(dimension: 6, base: 7000, scaling: .linear(factor: 2)))
    }

    @Test func absentKeysHaveTheFamilysDefaults() throws {
        #expect(try describe("{\"model_type\": \"llama\", \(Self.llama)}").layers[0].attention.keyValueHeadCount == 4)
        let mistral = try describe("{\"model_type\": \"mistral\", \(Self.llama), \"num_key_value_heads\": 2}")
        #expect(mistral.layers[0].attention.slidingWindow == 4096)
        let bitnet = try describe("{\"model_type\": \"bitnet\", \(Self.llama), \"num_key_value_heads\": null}")
        #expect(bitnet.layers[0].attention.rotary?.base == 500_000)
        #expect(bitnet.layers[0].mlps[0].activation == .vectorized(.reluSquared))
        let qwen = try describe("{\"model_type\": \"qwen3\", \(Self.llama), \"num_key_value_heads\": 4}")
        #expect(qwen.layers[0].attention.headSize == 128)
    }

    /// Vocabulary, width, inner width, layers, query heads, key heads and head size of transformers 5.23's
    /// configuration classes made without arguments.
    @Test(arguments: [
        ("gpt_neox", [50_432, 6144, 24_576, 44, 64, 64, 96]), ("llama", [32_000, 4096, 11_008, 32, 32, 32, 128]),
        ("mistral", [32_000, 4096, 14_336, 32, 32, 8, 128]), ("qwen2", [151_936, 4096, 22_016, 32, 32, 32, 128]),
        ("qwen3", [151_936, 4096, 22_016, 32, 32, 32, 128]), ("gpt2", [50_257, 768, 3072, 12, 12, 12, 64]),
        ("opt", [50_272, 768, 3072, 12, 12, 12, 64]), ("olmo", [50_304, 4096, 11_008, 32, 32, 32, 128]),
        ("olmo2", [50_304, 4096, 11_008, 32, 32, 32, 128]), ("olmo3", [50_304, 4096, 11_008, 32, 32, 32, 128]),
        ("smollm3", [128_256, 2048, 11_008, 36, 16, 4, 128]), ("bitnet", [128_256, 2560, 6912, 30, 20, 5, 128]),
        ("gemma", [256_000, 3072, 24_576, 28, 16, 16, 256]), ("gemma2", [256_000, 2304, 9216, 26, 8, 4, 256]),
        ("gemma3_text", [262_208, 2304, 9216, 26, 8, 4, 256]), ("phi", [51_200, 2048, 8192, 24, 32, 32, 64]),
        ("phi3", [32_064, 3072, 16_384, 32, 32, 32, 96]), ("stablelm", [50_304, 2560, 6912, 32, 32, 32, 80]),
        ("granite", [32_000, 4096, 11_008, 32, 32, 32, 128]), ("cohere", [256_000, 8192, 22_528, 40, 64, 64, 128]),
        ("starcoder2", [49_152, 3072, 12_288, 30, 24, 2, 128]), ("gpt_bigcode", [50_257, 768, 3072, 12, 12, 1, 64]),
        ("nemotron", [256_000, 6144, 24_576, 32, 48, 48, 128]), ("gptj", [50_400, 4096, 16_384, 28, 16, 16, 256]),
        ("falcon", [65_024, 4544, 18_176, 32, 71, 1, 64]), ("bloom", [250_880, 64, 256, 2, 8, 8, 8]),
        ("mpt", [50_368, 2048, 8192, 24, 16, 16, 128]), ("apertus", [131_072, 4096, 14_336, 32, 32, 32, 128]),
        ("olmoe", [50_304, 2048, 2048, 16, 16, 16, 128]), ("mixtral", [32_000, 4096, 14_336, 32, 32, 8, 128]),
        ("qwen2_moe", [151_936, 2048, 1408, 24, 16, 16, 128]), ("qwen3_moe", [151_936, 2048, 768, 24, 32, 4, 64]),
        ("gpt_oss", [201_088, 2880, 5760, 36, 64, 8, 64]),
    ])
    func absentSizesAreTheFamilys(name: String, sizes: [Int]) throws {
        let model = try describe(
            "{\"model_type\": \"\(name)\"}",
            without: ["mlp", "block_sparse_moe"].reduce(into: []) {
                $0.insert("model.layers.0.\($1).experts.0.gate_up_proj")
            })
        let layer = model.layers[0]
        let attention = layer.attention
        let found = [
            model.vocabularySize, model.width, layer.mlps[0].up.outputs, model.layers.count, attention.headCount,
            attention.keyValueHeadCount, attention.headSize,
        ]
        #expect(found == sizes)
    }

    @Test func absentLengthsAreTheFamilys() throws {
        #expect(try describe("{\"model_type\": \"gpt2\"}").embedding.positions?.count == 1024)
        #expect(try describe("{\"model_type\": \"opt\"}").embedding.positions?.count == 2048)
        let dynamic = "\"rope_scaling\": {\"type\": \"dynamic\", \"factor\": 2}"
        for (name, length) in [("llama", 2048), ("mistral", 131_072), ("qwen2", 32_768), ("smollm3", 32_768)] {
            let rotary = try describe("{\"model_type\": \"\(name)\", \(dynamic)}").layers[0].attention.rotary
            #expect(rotary?.scaling == .dynamic(factor: 2, maximum: length))
        }
    }

    @Test func qwenSlidesInItsLastLayers() throws {
        let form = """
            "model_type": "qwen2", \(Self.llama), "num_key_value_heads": 4, "sliding_window": 7, "max_window_layers": 1
            """
        let sliding = try describe("{\(form), \"use_sliding_window\": true}")
        #expect(sliding.layers.map(\.attention.slidingWindow) == [nil, 7])
        #expect(try describe("{\(form)}").layers.map(\.attention.slidingWindow) == [nil, nil])
        let listed = try describe(
            "{\(form), \"use_sliding_window\": true, \"layer_types\": [\"sliding_attention\", \"full_attention\"]}")
        #expect(listed.layers.map(\.attention.slidingWindow) == [7, nil])
    }

    /// The bases and scalings that transformers 5.23 gives the layers of OLMo 3 for each form of its settings.
    @Test(arguments: [
        ("", 500_000.0, 500_000.0, false),
        (#""rope_theta": 9000.0,"#, 9000, 500_000, false),
        (#""rope_theta": 9000.0, "rope_scaling": {"rope_type": "linear", "factor": 2.0},"#, 9000, 500_000, true),
        (
            #""rope_theta": 9000.0, "rope_scaling": {"rope_type": "linear", "factor": 2.0, "rope_theta": 80.0},"#, 80,
            500_000, true
        ),
        (#""rope_parameters": {"full_attention": {"rope_theta": 70.0, "rope_type": "default"}},"#, 70, 500_000, false),
        (#""rope_parameters": {"rope_theta": 70.0, "rope_type": "linear", "factor": 2.0},"#, 500_000, 500_000, false),
        (#""rope_theta": 9000.0, "rope_parameters": {"rope_theta": 70.0},"#, 9000, 500_000, false),
        (
            #"""
            "rope_parameters": {"full_attention": {"rope_theta": 70.0, "type": "linear", "factor": 2.0},
             "sliding_attention": {"rope_theta": 60.0}, "rope_theta": 50.0},
            """#, 70, 60, true
        ),
    ])
    func formsOfOLMo3(_ keys: String, _ full: Double, _ sliding: Double, _ scales: Bool) throws {
        let model = try describe(
            "{\"model_type\": \"olmo3\", \(keys) \(Self.llama)}".replacing("layers\": 2", with: "layers\": 4"))
        let rotary = model.layers.map(\.attention.rotary)
        #expect(rotary.map { $0?.base } == [sliding, sliding, sliding, full])
        #expect(rotary[0]?.scaling == RotaryScaling.none)
        #expect(rotary[3]?.scaling == (scales ? .linear(factor: 2) : RotaryScaling.none))
    }

    @Test func smolLM3LeavesPositionsOut() throws {
        let form = "\"model_type\": \"smollm3\", \(Self.llama), \"num_key_value_heads\": 4"
        let listed = try describe("{\(form), \"no_rope_layers\": [0, 1, 0]}")
        #expect(listed.layers.map { $0.attention.rotary == nil } == [true, false])
        let usual = try describe("{\(form)}")
        #expect(usual.layers.map { $0.attention.rotary?.base } == [2_000_000, 2_000_000])
        #expect(usual.head == "lm_head")
        let sliding = try describe(
            "{\(form), \"no_rope_layer_interval\": 2, \"use_sliding_window\": true, \"sliding_window\": 7}")
        #expect(sliding.layers.map(\.attention.slidingWindow) == [nil, 7])
        #expect(
            throws: LanguageModelError.setting(
                key: "no_rope_layers", found: "[1]",
                expected: "an array of 'num_hidden_layers' (2) zeros and ones")
        ) { try describe("{\(form), \"no_rope_layers\": [1]}") }
    }

    @Test func tiedAndMissingHeadsAreFound() throws {
        let tied = "{\"model_type\": \"llama\", \(Self.llama), \"tie_word_embeddings\": true}"
        #expect(try describe(tied, without: ["lm_head"]).head == "model.embed_tokens")
        // As in transformers, a head that is stored is not tied.
        #expect(try describe(tied).head == "lm_head")
        let headOnly = try describe(tied, without: ["model.embed_tokens", "embed_tokens"])
        #expect(headOnly.head == "lm_head" && headOnly.embedding.module == "lm_head")
        #expect(try describe("{\(Self.neox)}", without: ["embed_out"]).head == "lm_head")
    }

    @Test func bitNetsRoundingIsReadFromItsQuantization() throws {
        let form = "\"model_type\": \"bitnet\", \(Self.llama), \"num_key_value_heads\": 4"
        func bitLinear(_ quantization: String) throws -> BitLinearForm? {
            try describe("{\(form), \"quantization_config\": {\"quant_method\": \"bitnet\"\(quantization)}}")
                .layers[0].attention.output.bitLinear
        }
        #expect(try describe("{\(form)}").layers[0].attention.output.bitLinear == nil)
        #expect(try bitLinear("") == .packed(scaleDivides: true))
        #expect(try bitLinear(", \"linear_class\": \"autobitlinear\"") == .packed(scaleDivides: false))
        #expect(
            try bitLinear(", \"linear_class\": \"autobitlinear\", \"quantization_mode\": \"online\"") == .full)
    }

    @Test func bodiesSavedWithoutAHeadHaveNoPrefix() throws {
        let gpt2 =
            #"{"model_type": "gpt2", "vocab_size": 61, "n_embd": 24, "n_head": 3, "n_layer": 1, "n_positions": 8}"#
        let bare = try describe(gpt2, without: ["transformer.wte", "lm_head"])
        #expect(bare.embedding.module == "wte" && bare.head == "wte" && bare.layers[0].module == "h.0")
    }

    @Test(
        arguments: [
            (
                #"{"model_type": "mamba"}"#,
                LanguageModelError.unsupported(
                    key: "model_type", found: "'mamba'",
                    supported: Family.all.flatMap(\.modelTypes).joined(separator: ", "))
            ),
            (
                "{\"model_type\": \"llama\", \(llama), \"hidden_act\": \"gelu_13\"}",
                .unsupported(
                    key: "hidden_act", found: "'gelu_13'", supported: ActivationFunction.names.joined(separator: ", "))
            ),
            (
                "{\"model_type\": \"llama\", \(llama), \"num_key_value_heads\": 3}",
                .setting(key: "num_key_value_heads", found: "3", expected: "a divisor of 'num_attention_heads', 4")
            ),
            (
                "{\(neox.replacing("\"num_attention_heads\": 3", with: "\"num_attention_heads\": 5"))}",
                .setting(key: "num_attention_heads", found: "5", expected: "a divisor of 'hidden_size', 24")
            ),
            (
                "{\"model_type\": \"llama\", \(llama), \"head_dim\": 8, \"num_attention_heads\": 7}"
                    .replacing("\"num_attention_heads\": 4, ", with: ""),
                .setting(key: "num_attention_heads", found: "7", expected: "a divisor of 'hidden_size', 24")
            ),
            (
                #"{"model_type": "llama", "hidden_size": null}"#,
                .setting(key: "hidden_size", found: "null", expected: "an integer from 1 to 268435456")
            ),
            (
                "{\"model_type\": \"llama\", \(llama), \"rms_norm_eps\": \"small\"}",
                .setting(key: "rms_norm_eps", found: "\"small\"", expected: "a number")
            ),
            (
                "{\"model_type\": \"llama\", \(llama), \"attention_bias\": 1}",
                .setting(key: "attention_bias", found: "1", expected: "true or false")
            ),
            (
                "{\"model_type\": \"llama\", \(llama), \"rope_scaling\": {\"type\": \"ntk\", \"factor\": 2}}",
                .unsupported(
                    key: "rope_type", found: "\"ntk\"", supported: "default, linear, dynamic, llama3, yarn, longrope")
            ),
            (
                "{\"model_type\": \"llama\", \(llama), \"rope_scaling\": {\"type\": \"linear\"}}",
                .setting(key: "factor", found: "missing", expected: "a number for this 'rope_type'")
            ),
            (
                "{\"model_type\": \"llama\", \(llama), \"partial_rotary_factor\": 0.5}",
                .unsupported(key: "partial_rotary_factor", found: "0.5", supported: "1")
            ),
            (
                "{\(neox), \"rotary_pct\": 1.5}",
                .setting(key: "rotary_pct", found: "1.5", expected: "a number from 0 to 1")
            ),
            (
                "{\"model_type\": \"mistral\", \(llama), \"num_key_value_heads\": 4, \"head_dim\": 7}",
                .setting(key: "head_dim", found: "7", expected: "even, as rotary positions turn pairs")
            ),
            (
                "{\"model_type\": \"llama\", \(llama), \"hidden_act\": null}",
                .setting(key: "hidden_act", found: "null", expected: "a string")
            ),
            (
                "{\"model_type\": \"llama\", \(llama), \"rope_parameters\": {\"rope_theta\": null}}",
                .setting(key: "rope_theta", found: "null", expected: "a number")
            ),
            ("{\(neox), \"rotary_pct\": null}", .setting(key: "rotary_pct", found: "null", expected: "a number")),
            (
                "{\(neox), \"head_dim\": 6}",
                .setting(key: "head_dim", found: "6", expected: "'hidden_size' over 'num_attention_heads', 8")
            ),
            (
                #"{"model_type": "gpt2", "n_positions": 32, "max_position_embeddings": 64}"#,
                .setting(key: "max_position_embeddings", found: "64", expected: "what 'n_positions' is, 32")
            ),
            (
                "{\"model_type\": \"llama\", \(llama), \"layer_types\": \"all\"}",
                .setting(
                    key: "layer_types", found: "\"all\"", expected: "an array of 'num_hidden_layers' (2) entries")
            ),
            (
                "{\"model_type\": \"olmo3\", \(llama), \"sliding_window\": null}",
                .setting(key: "sliding_window", found: "null", expected: "a size")
            ),
            (
                #"{"model_type": "olmo3", "rope_scaling": {"factor": 2}, "rope_parameters": {"rope_theta": 70.0}}"#,
                .setting(
                    key: "rope_scaling", found: #"{"factor":2}"#,
                    expected: "absent beside 'rope_parameters' without an entry 'full_attention'")
            ),
            (
                "{\"model_type\": \"olmo\", \(llama), \"clip_qkv\": -1}",
                .setting(key: "clip_qkv", found: "-1", expected: "a positive number or null")
            ),
            (
                "{\"model_type\": \"mistral\", \(llama), \"num_key_value_heads\": 4, \"sliding_window\": 0}",
                .setting(key: "sliding_window", found: "0", expected: "an integer from 1 to 268435456")
            ),
            (
                #"{"model_type": "gpt2", "vocab_size": 61, "n_embd": 24, "add_cross_attention": true}"#,
                .unsupported(key: "add_cross_attention", found: "true", supported: "false")
            ),
            (
                "{\"model_type\": \"qwen2\", \(llama), \"num_key_value_heads\": 4, \"layer_types\": [\"full_attention\"]}",
                .setting(
                    key: "layer_types", found: "1 entries", expected: "an array of 'num_hidden_layers' (2) entries")
            ),
            (
                """
                {"model_type": "qwen2", \(llama), "num_key_value_heads": 4,
                 "layer_types": ["full_attention", "linear_attention"]}
                """,
                .unsupported(
                    key: "layer_types", found: "\"linear_attention\"", supported: "full_attention, sliding_attention")
            ),
            (
                """
                {"model_type": "qwen2", \(llama), "num_key_value_heads": 4,
                 "layer_types": ["full_attention", "sliding_attention"]}
                """,
                .setting(key: "sliding_window", found: "off", expected: "a size, as 'layer_types' slides")
            ),
            (
                """
                {"model_type": "bitnet", \(llama), "num_key_value_heads": 4,
                 "quantization_config": {"quant_method": "bitnet", "quantization_mode": "static"}}
                """,
                .unsupported(
                    key: "quantization_config.quantization_mode", found: "'static' for 'bitlinear'",
                    supported: "'offline', and 'online' for 'autobitlinear'")
            ),
            (
                "{\"model_type\": \"mixtral\", \(llama), \"num_key_value_heads\": 4, \"num_local_experts\": 4, \"num_experts_per_tok\": 5}",
                .setting(key: "num_experts_per_tok", found: "5", expected: "at most the 4 experts")
            ),
            (
                "{\"model_type\": \"olmoe\", \(llama), \"scoring_func\": \"sigmoid\"}",
                .unsupported(key: "scoring_func", found: "\"sigmoid\"", supported: "absent, as nothing here reads it")
            ),
            (
                #"{"model_type": "qwen3_moe", "mlp_only_layers": [0, "one"]}"#,
                .setting(
                    key: "mlp_only_layers", found: #"[0,"one"]"#, expected: "an array of layer numbers or null")
            ),
            (
                #"{"model_type": "mpt", "attn_config": {"alibi": false}}"#,
                .unsupported(key: "alibi", found: "false", supported: "true")
            ),
            (
                #"{"model_type": "mpt", "attn_config": {"alibi_bias_max": 16}}"#,
                .unsupported(key: "alibi_bias_max", found: "16", supported: "8")
            ),
            (
                #"{"model_type": "falcon", "new_decoder_architecture": true, "parallel_attn": false}"#,
                .setting(key: "parallel_attn", found: "false", expected: "true, as 'new_decoder_architecture' is")
            ),
            (
                #"{"model_type": "bloom", "apply_residual_connection_post_layernorm": true}"#,
                .unsupported(key: "apply_residual_connection_post_layernorm", found: "true", supported: "false")
            ),
            (
                #"{"model_type": "gptj", "n_embd": 64, "n_head": 4, "rotary_dim": 20}"#,
                .setting(key: "rotary_dim", found: "20", expected: "an even number up to 16")
            ),
            (
                #"{"model_type": "hf_olmo", "rope": true, "block_type": "llama"}"#,
                .unsupported(key: "block_type", found: "'llama'", supported: "sequential")
            ),
            (
                #"{"model_type": "gemma2", "use_bidirectional_attention": true}"#,
                .unsupported(key: "use_bidirectional_attention", found: "true", supported: "false")
            ),
            (
                "{\"model_type\": \"phi3\", \(llama), \"rope_scaling\": {\"type\": \"longrope\", \"long_factor\": [1]}}",
                .setting(
                    key: "short_factor", found: "missing",
                    expected: "an array of 3 positive numbers, one for each pair of rotary entries")
            ),
        ] as [(String, LanguageModelError)])
    func refusesByName(config: String, error: LanguageModelError) {
        #expect(throws: error) { try describe(config) }
    }

    /// Values of the wrong kind at every key: an error or a description, never a trap.
    @Test(arguments: TinyConfigurations.all.keys.sorted())
    func wrongValuesNeverTrap(name: String) throws {
        let text = try #require(TinyConfigurations.all[name])
        let original = try #require(try JSONValue(parsing: text).object)
        let values: [JSONValue] = [
            .null, true, -1, 0, 3, 0.5, 1e300, -1e300, 4_611_686_018_427_387_904, "x", [], ["sliding_attention"],
            .object(JSONObject()), ["rope_type": "yarn", "factor": 0], ["rope_type": "dynamic", "factor": -3],
            ["rope_type": "llama3", "factor": 1e-300, "low_freq_factor": 4, "high_freq_factor": 4],
        ]
        let keys = Set(original.keys).union([
            "rope_scaling", "rope_parameters", "sliding_window", "head_dim", "layer_types", "quantization_config",
            "max_window_layers", "clip_qkv", "rope_theta", "rotary_pct", "word_embed_proj_dim", "n_inner",
        ])
        for key in keys.sorted() {
            for value in values {
                var changed = original
                changed[key] = value
                _ = try? Family.describe(FamilySettings(json: changed, hasModule: { _ in true }))
            }
        }
    }
}
