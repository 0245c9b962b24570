import Checkpoint
import Compression
import Foundation
import JSON
import Kernels
import TestSupport
import Testing

/// Weights that are stored inputs by outputs, in the form in which transformers loads them.
struct Conv1DFormTests {
    private static let module = "transformer.h.0.attn.c_attn"
    private static let values = randomWeights(rows: 48, columns: 20, seed: 1)

    private static let specs: [Spec] = {
        var specs: [Spec] = []
        for bits in 2...8 {
            for group in [Spec.Group.size(16), .channel] {
                for symmetric in [true, false] {
                    specs += [try? Spec(method: .rtn, bits: bits, group: group, symmetric: symmetric)].compactMap(
                        \.self)
                }
            }
        }
        let lines = [
            #"{"method": "rtn", "format": "fp8-e4m3", "group": 8}"#, #"{"method": "rtn", "format": "fp8-e4m3"}"#,
            #"{"method": "rtn", "format": "mxfp4"}"#, #"{"method": "rtn", "format": "nf4", "group": 32}"#,
        ]
        for line in lines {
            if let object = (try? JSONValue(parsing: line))?.object, let spec = try? Spec(json: object) {
                specs.append(spec)
            }
        }
        return specs
    }()

    /// The same weight, stored outputs by inputs and in a module that multiplies so, has the same values.
    @Test func valuesAreThoseOfOtherModules() throws {
        #expect(Self.specs.count == 32)
        var turned: [Float] = []
        for output in 0..<20 { for input in 0..<32 { turned.append(Self.values[input * 20 + output]) } }
        for spec in Self.specs {
            let linear = try Self.compressed(spec, ["layers.0.x.weight": ([20, 32], turned)], model: "llama")
            let conv1D = try Self.compressed(
                spec, ["\(Self.module).weight": ([32, 20], Array(Self.values.prefix(640)))], model: "gpt2")
            let expected = try linear.store.matrix("layers.0.x").decoded
            #expect(try conv1D.store.matrix(Self.module, transposed: true).decoded == expected, "\(spec.name)")
            let read = try conv1D.store.tensors(readFor: Self.module, transposed: true)
            #expect(read == Set(conv1D.store.checkpoint.tensors.keys), "\(spec.name)")
        }
    }

    @Test func tensorsAndConfigurationAreThoseOfBlocks() throws {
        let spec = try Spec(method: .rtn, bits: 3, group: .size(8), symmetric: false)
        let other = randomWeights(rows: 16, columns: 24, seed: 2)
        let (store, _) = try Self.compressed(
            spec,
            [
                "\(Self.module).weight": ([48, 20], Self.values),
                "transformer.h.0.mlp.c_fc.weight": ([16, 24], other),
            ], model: "gpt2")
        let shapes = Dictionary(
            uniqueKeysWithValues: store.checkpoint.tensors.values.filter { $0.info.name.hasPrefix(Self.module) }.map {
                (String($0.info.name.dropFirst(Self.module.count + 1)), "\($0.info.type.rawValue) \($0.info.shape)")
            })
        #expect(
            shapes == [
                "weight_packed": "I32 [48, 2]", "weight_scale": "F16 [6, 20]", "weight_zero_point": "I8 [6, 20]",
                "weight_shape": "I64 [2]",
            ])
        let config = try #require(store.checkpoint.config.json["quantization_config"]?.object)
        let group = config["config_groups"]?.object?["group_0"]?.object
        #expect(config["dequantize"] == true && group?["targets"] == ["Conv1D"])
        #expect(group?["weights"]?.object?["strategy"] == "block")
        #expect(group?["weights"]?.object?["block_structure"] == [8, 1])
        #expect(group?["weights"]?.object?["group_size"] == nil)
        // One zero point is a byte, a scale two, for 8 weights of 3 bits each, which fill 60 of 64 bits of a row.
        let bits = store.bitsPerWeight(of: [LinearModule(name: Self.module, outputs: 20, inputs: 48, transposed: true)])
        #expect(bits == 64.0 / 20 + 3)
    }

    @Test func channelsAreBlocksOfTheWidestInputs() throws {
        let spec = try Spec(method: .rtn, bits: 4, group: .channel, symmetric: true)
        let (store, _) = try Self.compressed(
            spec,
            [
                "\(Self.module).weight": ([16, 20], Array(Self.values.prefix(320))),
                "transformer.h.0.mlp.c_proj.weight": ([48, 20], Self.values),
            ], model: "gpt2")
        let group = store.checkpoint.config.json["quantization_config"]?.object?["config_groups"]?.object?["group_0"]
        #expect(group?.object?["weights"]?.object?["block_structure"] == [48, 1])
        #expect(store.checkpoint.tensors["\(Self.module).weight_scale"]?.info.shape == [1, 20])
        #expect(try store.matrix(Self.module, transposed: true).columns == 16)
    }

    /// Formats whose blocks lie along rows are in a layout of our own, which transformers does not take for another.
    @Test func mxfp4IsOurs() throws {
        let spec = try #require(Self.specs.first { $0.name.contains("mxfp4") })
        let (store, _) = try Self.compressed(
            spec, ["\(Self.module).weight": ([32, 20], Array(Self.values.prefix(640)))], model: "gpt2")
        let config = store.checkpoint.config.json["quantization_config"]?.object
        #expect(config?["quant_method"] == "qid" && config?["format"] == "mxfp4-pack-quantized")
        #expect(store.scheme == "mxfp4")
    }

    private static func compressed(
        _ spec: Spec, _ tensors: [String: ([Int], [Float])], model: String
    ) throws -> (store: WeightStore, directory: ScratchDirectory) {
        let directory = try ScratchDirectory()
        var small = SmallCheckpoint()
        small.config = #"{"model_type": "\#(model)"}"#
        small.tensors = tensors.map { ($0.key, $0.value.0, $0.value.1) }
        let checkpoint = try small.write(to: directory.url.appending(path: "source"))
        let output = directory.url.appending(path: "out")
        try compress(
            checkpoint, into: [CompressionTarget(spec, directory: output)],
            provenance: Provenance(source: nil, version: "1"))
        return (try WeightStore(Checkpoint(directory: output)), directory)
    }
}
