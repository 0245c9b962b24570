import Checkpoint
import Compression
import Foundation
import LanguageModel
import Testing

struct LanguageModelErrorTests {
    private func tiny(_ name: String, seed: UInt64 = 1) throws -> TinyCheckpoint {
        try TinyCheckpoint(#require(TinyConfigurations.all[name]), seed: seed)
    }

    /// Two checkpoints of the same values, one of which stores something more, are the same model.
    private func expectSameScores(_ one: TinyCheckpoint, _ other: TinyCheckpoint) throws {
        let scores = try LanguageModel([one.store(), other.store()]).score(one.windows(1, context: 9))
        #expect(
            scores[0].windows.map(\.negativeLogLikelihood) == scores[1].windows.map(\.negativeLogLikelihood))
    }

    /// The error of opening a checkpoint, without the directory it names.
    private func error(opening checkpoint: TinyCheckpoint) throws -> LanguageModelError {
        let error = try #require(throws: LanguageModelError.self) { try LanguageModel([checkpoint.store()]) }
        guard case .inCheckpoint(let path, let inner) = error else { return error }
        #expect(path.contains(checkpoint.directory.lastPathComponent))
        return inner
    }

    @Test func namesAMissingTensor() throws {
        let checkpoint = try tiny("llama")
        try checkpoint.replace("model.layers.1.mlp.up_proj.weight", shape: [], values: nil)
        let error = try error(opening: checkpoint)
        #expect(error.description.contains("no tensor 'model.layers.1.mlp.up_proj.weight'"))
        guard case .compression(.missingTensor) = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test func namesAMissingExpert() throws {
        let checkpoint = try tiny("olmoe")
        let name = "model.layers.1.mlp.experts.3.up_proj.weight"
        try checkpoint.replace(name, shape: [], values: nil)
        #expect(try error(opening: checkpoint).description.contains("no tensor '\(name)'"))
    }

    @Test func namesAnExpertTooMany() throws {
        let checkpoint = try tiny("qwen2 moe")
        let name = "model.layers.1.mlp.experts.4.up_proj.weight"
        try checkpoint.replace(name, shape: [16, 24], values: Array(repeating: 0, count: 16 * 24))
        #expect(
            try error(opening: checkpoint)
                == .unexpectedTensor(name, because: "the configuration has 4 experts in that layer"))
    }

    @Test func namesARouterOfAnotherNumberOfExperts() throws {
        let checkpoint = try tiny("mixtral")
        let name = "model.layers.0.block_sparse_moe.gate.weight"
        try checkpoint.replace(name, shape: [5, 24], values: Array(repeating: 0, count: 120))
        #expect(try error(opening: checkpoint) == .wrongShape(tensor: name, found: [5, 24], expected: [4, 24]))
    }

    @Test func namesAMissingHead() throws {
        let checkpoint = try tiny("llama")
        try checkpoint.replace("lm_head.weight", shape: [], values: nil)
        #expect(try error(opening: checkpoint).description.contains("no tensor 'lm_head.weight'"))
    }

    @Test func namesAWrongShape() throws {
        let checkpoint = try tiny("llama")
        let name = "model.layers.0.self_attn.k_proj.weight"
        try checkpoint.replace(name, shape: [13, 24], values: Array(repeating: 0, count: 312))
        #expect(try error(opening: checkpoint) == .wrongShape(tensor: name, found: [13, 24], expected: [12, 24]))
    }

    @Test func namesTheStoredShapeOfATransposedWeight() throws {
        let checkpoint = try tiny("gpt2")
        let name = "transformer.h.0.mlp.c_fc.weight"
        try checkpoint.replace(name, shape: [24, 95], values: Array(repeating: 0, count: 24 * 95))
        #expect(try error(opening: checkpoint) == .wrongShape(tensor: name, found: [24, 95], expected: [24, 96]))
    }

    @Test func namesANormOfTheWrongWidth() throws {
        let checkpoint = try tiny("qwen3")
        let name = "model.layers.0.self_attn.q_norm.weight"
        try checkpoint.replace(name, shape: [9], values: Array(repeating: 1, count: 9))
        #expect(try error(opening: checkpoint) == .wrongShape(tensor: name, found: [9], expected: [8]))
    }

    @Test func namesAVocabularyOfAnotherSize() throws {
        let checkpoint = try tiny("neox parallel")
        try checkpoint.replace("embed_out.weight", shape: [60, 24], values: Array(repeating: 0, count: 60 * 24))
        #expect(
            try error(opening: checkpoint)
                == .wrongShape(tensor: "embed_out.weight", found: [60, 24], expected: [61, 24]))
    }

    @Test func refusesLayersBeyondTheLast() throws {
        let checkpoint = try tiny("llama")
        let name = "model.layers.3.input_layernorm.weight"
        try checkpoint.replace(name, shape: [24], values: Array(repeating: 1, count: 24))
        #expect(
            try error(opening: checkpoint)
                == .unexpectedTensor(name, because: "the configuration has 3 layers"))
    }

    @Test func refusesABiasThatTheConfigurationDoesNotHave() throws {
        let checkpoint = try tiny("llama")
        let module = "model.layers.2.self_attn.q_proj"
        try checkpoint.replace(module + ".bias", shape: [24], values: Array(repeating: 1, count: 24))
        #expect(
            try error(opening: checkpoint)
                == .unexpectedTensor(module + ".bias", because: "the configuration gives '\(module)' no bias"))
    }

    @Test func refusesANormThatTheConfigurationLeavesOut() throws {
        let checkpoint = try tiny("opt 350m")
        let name = "model.decoder.final_layer_norm.weight"
        try checkpoint.replace(name, shape: [24], values: Array(repeating: 1, count: 24))
        #expect(
            try error(opening: checkpoint)
                == .unexpectedTensor(name, because: "nothing in a 'opt' model of this configuration reads it"))
    }

    /// An embedding of another name, a second head, a scale that belongs to no compressed weight, a mask where no family
    /// stores one.
    @Test(arguments: [
        "transformer.word_embeddings.weight", "score.weight", "model.layers.0.self_attn.bias",
        "model.layers.0.mlp.up_projection.weight_scale",
    ])
    func namesWhateverNothingReads(name: String) throws {
        let checkpoint = try tiny("llama")
        try checkpoint.replace(name, shape: [2, 2], values: [1, 2, 3, 4])
        #expect(
            try error(opening: checkpoint)
                == .unexpectedTensor(name, because: "nothing in a 'llama' model of this configuration reads it"))
    }

    @Test(arguments: ["mlp.up_proj.weight_scale", "self_attn.q_proj.lora_A.weight"])
    func namesWhatStandsBesideAPlainWeight(piece: String) throws {
        let (checkpoint, name) = (try tiny("llama"), "model.layers.0.\(piece)")
        let module = name.split(separator: ".").prefix(5).joined(separator: ".")
        try checkpoint.replace(name, shape: [2, 2], values: [1, 2, 3, 4])
        #expect(
            try error(opening: checkpoint)
                == .unexpectedTensor(
                    name, because: "nothing says that the weight of '\(module)' is more than its '.weight'"))
    }

    @Test func toleratesWhatTransformersStoresOfAnActivation() throws {
        let checkpoint = try tiny("neox with a learned activation")
        for name in ["beta", "eps"] {
            try checkpoint.replace("gpt_neox.layers.1.mlp.act.\(name)", shape: [], values: [0.5])
        }
        _ = try LanguageModel([checkpoint.store()])
    }

    @Test func toleratesMaskBuffersOfOldCheckpoints() throws {
        let (plain, checkpoint) = (try tiny("neox parallel"), try tiny("neox parallel"))
        try checkpoint.replace("gpt_neox.layers.0.attention.bias", shape: [1, 1, 2, 2], values: [1, 0, 1, 1])
        try checkpoint.replace("gpt_neox.layers.0.attention.masked_bias", shape: [], values: [-1e9])
        try checkpoint.replace("gpt_neox.layers.0.attention.rotary_emb.inv_freq", shape: [1], values: [1])
        try expectSameScores(plain, checkpoint)
    }

    @Test func acceptsAVariantThatStoresItsTiedHeadTwice() throws {
        let config = try #require(TinyConfigurations.all["llama biases and yarn"])
        let tied = try TinyCheckpoint(config, seed: 4, absent: ["lm_head"])
        let twice = try TinyCheckpoint(config, seed: 4, absent: ["lm_head"])
        let embedding = try #require(tied.tensors["model.embed_tokens.weight"])
        try twice.replace("lm_head.weight", shape: embedding.shape, values: embedding.values)
        let scores = try LanguageModel([tied.store(), twice.store()]).score(tied.windows(1, context: 9))
        #expect(scores[0].windows[0].negativeLogLikelihood == scores[1].windows[0].negativeLogLikelihood)
    }

    @Test func toleratesBiasesOfZeroThatGPTQToolsStore() throws {
        let (plain, checkpoint) = (try tiny("llama"), try tiny("llama"))
        try checkpoint.replace(
            "model.layers.2.self_attn.q_proj.bias", shape: [24], values: Array(repeating: 0, count: 24))
        try expectSameScores(plain, checkpoint)
    }

    @Test func refusesVariantsOfAnotherModel() throws {
        let (base, other) = (try tiny("llama"), try tiny("neox parallel"))
        let error = try #require(throws: LanguageModelError.self) {
            try LanguageModel([base.store(), other.store()])
        }
        #expect(error.description.contains("it is of the family 'gpt_neox', not 'llama'"))
    }

    @Test func refusesVariantsWithAnotherEpsilon() throws {
        let config = try #require(TinyConfigurations.all["llama"])
        let other = try TinyCheckpoint(
            config.replacing("{\"model_type\"", with: "{\"rms_norm_eps\": 0.1, \"model_type\""))
        let error = try #require(throws: LanguageModelError.self) {
            try LanguageModel([TinyCheckpoint(config).store(), other.store()])
        }
        #expect(error.description.contains("its layer 'model.layers.0' is made differently"))
    }

    @Test func refusesTokensOutsideTheVocabulary() throws {
        let model = try LanguageModel([tiny("llama").store()])
        #expect(throws: LanguageModelError.tokenOutOfRange(id: 61, position: 5, vocabularySize: 61)) {
            try model.score(TokenWindows(ids: [1, 2, 3, 4, 5, 61, 7, 8], context: 4))
        }
    }

    @Test func refusesWindowsLongerThanThePositions() throws {
        let checkpoint = try tiny("gpt2")
        let model = try LanguageModel([checkpoint.store()])
        #expect(throws: LanguageModelError.contextTooLong(context: 33, maximum: 32, key: "n_positions")) {
            try model.score(checkpoint.windows(1, context: 33))
        }
        _ = try model.score(checkpoint.windows(1, context: 32))
    }

    @Test func tellsWhereValuesStopBeingFinite() throws {
        let (base, broken) = (try tiny("llama", seed: 2), try tiny("llama", seed: 2))
        let name = "model.layers.1.mlp.down_proj.weight"
        let tensor = try #require(broken.tensors[name])
        try broken.replace(name, shape: tensor.shape, values: [.infinity] + tensor.values.dropFirst())
        let scores = try LanguageModel([base.store(), broken.store()]).score(base.windows(2, context: 9))
        #expect(scores[0].notFiniteAfter == nil && scores[1].notFiniteAfter == "model.layers.1")
        #expect(scores[1].windows.allSatisfy { !$0.negativeLogLikelihood.isFinite })
    }

    @Test func tellsOfAHeadThatIsNotFinite() throws {
        let checkpoint = try tiny("llama")
        let tensor = try #require(checkpoint.tensors["lm_head.weight"])
        try checkpoint.replace("lm_head.weight", shape: tensor.shape, values: tensor.values.map { _ in .nan })
        let scores = try LanguageModel([checkpoint.store()]).score(checkpoint.windows(1, context: 9))
        #expect(scores[0].notFiniteAfter == "lm_head")
    }

    @Test func saysWhatIsWrong() {
        #expect(
            LanguageModelError.wrongShape(tensor: "h.0.q.weight", found: [4, 3], expected: [4, 4]).description
                == "tensor 'h.0.q.weight' has shape 4x3 but the configuration makes it 4x4")
        #expect(
            LanguageModelError.inCheckpoint("/a", .missingTensor("x")).description == "'/a': no tensor 'x'")
        #expect(
            LanguageModelError.unsupported(key: "hidden_act", found: "'x'", supported: "gelu, relu").description
                == "'hidden_act' is 'x', which is not supported; supported: gelu, relu")
    }
}
