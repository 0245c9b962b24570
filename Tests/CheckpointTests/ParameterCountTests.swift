import Checkpoint
import FoundationEssentials
import JSON
import Testing

@Suite struct ParameterCountTests {
    /// `reference.json` was counted by transformers from the models in memory.
    @Test(.enabled(if: sharedDirectory != nil, "no ../shared beside the repository"))
    func countsEqualThoseOfTransformers() throws {
        let models = try #require(sharedDirectory).appending(path: "oracles/architectures")
        let bytes = Array(try Data(contentsOf: models.appending(path: "reference.json")))
        let reference = try #require(try JSONValue(parsing: bytes).object)
        #expect(reference.count == 12)
        for member in reference.members {
            let checkpoint = try Checkpoint(directory: models.appending(path: member.key))
            let expected = ParameterCount(
                total: try #require(member.value.object?["params_total"]?.int),
                nonEmbedding: try #require(member.value.object?["params_non_embedding"]?.int))
            #expect(try ParameterCount(checkpoint) == expected, "\(member.key)")
        }
    }

    private func count(_ pieces: [Piece], config: String = #"{"model_type": "llama"}"#) throws -> ParameterCount {
        let directory = try TemporaryDirectory()
        return try ParameterCount(makeCheckpoint(in: directory, config: config, pieces))
    }

    private let embedding = Piece("model.embed_tokens.weight", .float16, [10, 4])
    private let head = Piece("lm_head.weight", .float16, [10, 4])
    private let norm = Piece("model.norm.weight", .float16, [4])

    @Test func aTiedHeadCountsOnce() throws {
        let tied = #"{"model_type": "llama", "tie_word_embeddings": true}"#
        #expect(try count([embedding, head, norm]) == ParameterCount(total: 84, nonEmbedding: 4))
        let same = Piece("lm_head.weight", .float16, [10, 4], bytes: embedding.bytes)
        #expect(try count([embedding, same, norm], config: tied) == ParameterCount(total: 44, nonEmbedding: 4))
        // A head of other values is one of its own, whatever the configuration says: transformers computes with it.
        #expect(try count([embedding, head, norm], config: tied) == ParameterCount(total: 84, nonEmbedding: 4))
        #expect(try count([embedding, norm], config: tied) == ParameterCount(total: 44, nonEmbedding: 4))
        // Whoever left out the embedding still has it, in the head.
        #expect(try count([head, norm], config: tied) == ParameterCount(total: 44, nonEmbedding: 4))
    }

    @Test func positionsAreEmbeddings() throws {
        let pieces = [
            Piece("transformer.wte.weight", .float32, [10, 4]), Piece("transformer.wpe.weight", .float32, [8, 4]),
            Piece("transformer.h.0.attn.c_attn.bias", .float32, [12]),
        ]
        #expect(try count(pieces, config: #"{"model_type": "gpt2"}"#) == ParameterCount(total: 84, nonEmbedding: 12))
    }

    @Test func buffersAreNoParameters() throws {
        let pieces = [
            Piece("gpt_neox.layers.0.attention.bias", .bool, [1, 1, 8, 8]),
            Piece("gpt_neox.layers.0.attention.masked_bias", .float16, []),
            Piece("gpt_neox.layers.0.attention.rotary_emb.inv_freq", .float32, [4]),
            Piece("transformer.h.0.attn.bias", .float32, [1, 1, 8, 8]),
            Piece("gpt_neox.layers.0.attention.dense.bias", .float16, [7]),
        ]
        #expect(try count(pieces) == ParameterCount(total: 7, nonEmbedding: 7))
    }

    @Test func packedWeightsCountByTheirShape() throws {
        let name = "model.layers.0.mlp.up_proj"
        let pieces = [
            norm, Piece("\(name).weight_packed", .int32, [6, 2]), Piece("\(name).weight_scale", .float16, [6, 1]),
            Piece("\(name).weight_zero_point", .int32, [1, 1]), Piece("\(name).weight_shape", int64: [6, 13]),
        ]
        #expect(try count(pieces) == ParameterCount(total: 82, nonEmbedding: 82))
        let fp4 = [Piece("\(name).weight_packed", .uint8, [6, 8]), Piece("\(name).weight_scale", .uint8, [6, 1])]
        #expect(try count(fp4) == ParameterCount(total: 96, nonEmbedding: 96))
        let float8 = [
            Piece("\(name).weight", .float8E4M3, [6, 8]), Piece("\(name).weight_scale", .float32, [1]),
            Piece("\(name).input_scale", .float32, [1]),
        ]
        #expect(try count(float8) == ParameterCount(total: 48, nonEmbedding: 48))
    }

    @Test(arguments: [(2, 4), (3, 6), (4, 8), (8, 16)])
    func gptqWordsCountByTheirBits(bits: Int, words: Int) throws {
        let name = "model.layers.0.mlp.up_proj"
        let pieces = [
            Piece("\(name).qweight", .int32, [words, 5]), Piece("\(name).qzeros", .int32, [2, 1]),
            Piece("\(name).scales", .float16, [2, 5]), Piece("\(name).g_idx", .int32, [64]),
            Piece("\(name).bias", .float16, [5]),
        ]
        let config = #"{"model_type": "llama", "quantization_config": {"bits": \#(bits), "quant_method": "gptq"}}"#
        #expect(try count(pieces, config: config) == ParameterCount(total: 325, nonEmbedding: 325))
        #expect(
            throws: CheckpointError.self, "without its configuration nobody knows how many"
        ) { try count(pieces) }
    }

    @Test func bitsandbytesWeightsCountByTheirState() throws {
        let weight = "model.layers.0.mlp.up_proj.weight"
        let state = Array(#"{"quant_type": "nf4", "blocksize": 64, "shape": [6, 32]}"#.utf8)
        let pieces = [
            Piece(weight, .uint8, [96, 1]), Piece("\(weight).absmax", .float32, [3]),
            Piece("\(weight).quant_map", .float32, [16]),
            Piece("\(weight).quant_state.bitsandbytes__nf4", .uint8, [state.count], bytes: state),
        ]
        #expect(try count(pieces) == ParameterCount(total: 192, nonEmbedding: 192))
        let int8 = [
            Piece(weight, .int8, [6, 32]), Piece("model.layers.0.mlp.up_proj.SCB", .float32, [6]),
            Piece("model.layers.0.mlp.up_proj.weight_format", .uint8, []),
        ]
        #expect(try count(int8) == ParameterCount(total: 192, nonEmbedding: 192))
    }

    @Test func bitnetBytesHoldFourWeights() throws {
        let pieces = [
            Piece("model.layers.0.mlp.up_proj.weight", .uint8, [2, 8]),
            Piece("model.layers.0.mlp.up_proj.weight_scale", .bfloat16, [1]),
        ]
        #expect(try count(pieces) == ParameterCount(total: 64, nonEmbedding: 64))
    }

    @Test func refusesShapesThatAreNone() throws {
        for shape in [
            Piece("m.weight_shape", int64: [-1, 4]), Piece("m.weight_shape", int64: [1 << 40, 1 << 40]),
            Piece("m.weight_shape", .float32, [2]),
        ] {
            #expect(throws: CheckpointError.self) {
                try count([Piece("m.weight_packed", .int32, [1]), shape])
            }
        }
    }
}
