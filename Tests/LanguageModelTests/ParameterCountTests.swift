import Checkpoint
import Compression
import Foundation
import JSON
import LanguageModel
import TestSupport
import Testing

struct ParameterCountTests {
    private func count(_ tiny: TinyCheckpoint) throws -> ParameterCount {
        try LanguageModel([tiny.store()]).parameterCount
    }

    private func tiny(_ name: String, absent: Set<String> = []) throws -> TinyCheckpoint {
        try TinyCheckpoint(#require(TinyConfigurations.all[name]), absent: absent)
    }

    /// `reference.json` was counted by transformers from the models in memory.
    @Test func countsEqualThoseOfTransformers() throws {
        let models = Fixtures.directory.appending(path: "architectures")
        let reference = try #require(try Fixtures.json("architectures/reference.json").object)
        #expect(reference.count == 39)
        for member in reference.members {
            let checkpoint = try Checkpoint(directory: models.appending(path: member.key))
            let count = try LanguageModel([WeightStore(checkpoint)]).parameterCount
            #expect(count.total == member.value.object?["params_total"]?.int, "\(member.key)")
            #expect(count.nonEmbedding == member.value.object?["params_non_embedding"]?.int, "\(member.key)")
        }
    }

    /// What is stored of a model is what is counted, in every family.
    @Test(arguments: TinyConfigurations.all.keys.sorted())
    func countsEveryStoredTensor(name: String) throws {
        let tiny = try tiny(name)
        let sizes = tiny.tensors.mapValues(\.values.count)
        let embeddings = sizes.filter { tensor in
            ["embed", "wte", "wpe", "lm_head", "model.transformer.ff_out"].contains { tensor.key.contains($0) }
                && !tensor.key.contains("layernorm")
        }
        let (total, outer) = (sizes.values.reduce(0, +), embeddings.values.reduce(0, +))
        let found = try count(tiny)
        #expect(found.total == total && found.nonEmbedding == total - outer, "\(found), \(total), \(outer)")
    }

    /// N = L(12d² + 13d) + 2d for Pythia's shape.
    @Test func pythiaHasThePublishedN() throws {
        let (layers, d) = (2, 24)
        let config = """
            {"model_type": "gpt_neox", "vocab_size": 61, "hidden_size": 24, "intermediate_size": 96,
             "num_hidden_layers": 2, "num_attention_heads": 3}
            """
        let n = layers * (12 * d * d + 13 * d) + 2 * d
        #expect(try count(TinyCheckpoint(config)) == ParameterCount(total: n + 2 * 61 * d, nonEmbedding: n))
    }

    @Test func aTiedHeadCountsOnce() throws {
        let (once, other) = (try tiny("llama biases and yarn", absent: ["lm_head"]), try tiny("llama biases and yarn"))
        let head = 61 * 24
        let expected = try count(once)
        // A head of other values is one of its own, whatever the configuration says: transformers computes with it.
        #expect(
            try count(other)
                == ParameterCount(total: expected.total + head, nonEmbedding: expected.nonEmbedding))
        let embedding = try #require(other.tensors["model.embed_tokens.weight"])
        try other.replace("lm_head.weight", shape: embedding.shape, values: embedding.values)
        #expect(try count(other) == expected)
        // Whoever left out the embedding still has it, in the head.
        try other.replace("model.embed_tokens.weight", shape: [], values: nil)
        #expect(try count(other) == expected)
    }

    @Test func buffersAndBiasesOfZeroAreNoParameters() throws {
        let tiny = try tiny("neox sequential")
        let expected = try count(tiny)
        let attention = "gpt_neox.layers.0.attention"
        try tiny.replace("\(attention).bias", shape: [1, 1, 2, 2], values: [1, 0, 1, 1])
        try tiny.replace("\(attention).masked_bias", shape: [], values: [-1e9])
        try tiny.replace("\(attention).rotary_emb.inv_freq", shape: [4], values: [1, 2, 3, 4])
        try tiny.replace("\(attention).dense.bias", shape: [24], values: Array(repeating: 0, count: 24))
        #expect(try count(tiny) == expected)
    }
}
