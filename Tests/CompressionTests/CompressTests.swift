import Checkpoint
import Compression
import FoundationEssentials
import JSON
import Kernels
import System
import SystemPackage
import TestSupport
import Testing

struct CompressTests {
    private let provenance = Provenance(source: "0123", version: "1")

    private func spec(_ bits: Int, _ group: Spec.Group, symmetric: Bool) throws -> Spec {
        try Spec(method: .rtn, bits: bits, group: group, symmetric: symmetric)
    }

    @Test func outputIsAHuggingFaceDirectoryInTheCompressedTensorsLayout() throws {
        let directory = try ScratchDirectory()
        let checkpoint = try SmallCheckpoint.usual.write(to: directory.url.appending(path: "source"))
        let output = directory.url.appending(path: "out")
        var reported: [Int] = []
        try compress(
            checkpoint, into: [CompressionTarget(spec(4, .size(8), symmetric: false), directory: output)],
            provenance: provenance
        ) { done, total in reported += [done, total] }
        #expect(reported == [1, 2, 2, 2])
        let result = try Checkpoint(directory: output)
        let module = "gpt_neox.layers.0.mlp.dense_4h_to_h"
        #expect(result.tensors[module + ".weight"] == nil)
        #expect(result.tensors[module + ".weight_packed"]?.info.shape == [16, 6])
        #expect(result.tensors[module + ".weight_scale"]?.info.shape == [16, 6])
        #expect(result.tensors[module + ".weight_scale"]?.info.type == .float16)
        #expect(result.tensors[module + ".weight_zero_point"]?.info.shape == [2, 6])
        #expect(result.tensors[module + ".weight_shape"]?.info.type == .int64)
        #expect(result.tensors.count == 4 + 2 * 4)
        #expect(result.metadata == ["format": "pt"])
        let quantization = try #require(result.config.json["quantization_config"])
        #expect(
            quantization.canonicalText
                == #"{"config_groups":{"group_0":{"targets":["Linear"],"weights":{"dynamic":false,"group_size":8,"num_bits":4,"#
                + #""strategy":"group","symmetric":false,"type":"int"}}},"dequantize":true,"format":"pack-quantized","#
                + #""ignore":["embed_out","gpt_neox.embed_in","lm_head"],"quant_method":"compressed-tensors","#
                + #""quantization_status":"compressed"}"#)
        let bytes = Array(try Data(contentsOf: output.appending(path: "provenance.json")))
        let written = try JSONValue(parsing: bytes).canonicalText
        #expect(
            written
                == #"{"bits_per_weight":6.5,"name":"rtn-asym-w4-g8","source":"0123","#
                + #""spec":{"bits":4,"group":8,"method":"rtn","symmetric":false},"tool":"qid","version":"1"}"#)
        #expect(try Data(contentsOf: output.appending(path: "tokenizer.json")) == Data("{}".utf8))
    }

    @Test func float32CheckpointsGetFloat16ScalesAndBFloat16OnesTheirOwn() throws {
        for (type, scale) in [(ElementType.float32, ElementType.float16), (.bfloat16, .bfloat16)] {
            let directory = try ScratchDirectory()
            var small = SmallCheckpoint.usual
            small.type = type
            let checkpoint = try small.write(to: directory.url.appending(path: "source"))
            let output = directory.url.appending(path: "out")
            try compress(
                checkpoint, into: [CompressionTarget(spec(3, .channel, symmetric: true), directory: output)],
                provenance: provenance)
            let result = try Checkpoint(directory: output)
            #expect(result.tensors["gpt_neox.layers.0.mlp.dense_4h_to_h.weight_scale"]?.info.type == scale)
            #expect(result.tensors["embed_out.weight"]?.info.type == type)
        }
    }

    @Test func twoRunsGiveTheSameBytes() throws {
        let directory = try ScratchDirectory()
        let checkpoint = try SmallCheckpoint.usual.write(to: directory.url.appending(path: "source"))
        let spec = try spec(3, .size(8), symmetric: false)
        let outputs = ["a", "b"].map { directory.url.appending(path: $0) }
        for output in outputs {
            try compress(checkpoint, into: [CompressionTarget(spec, directory: output)], provenance: provenance)
        }
        for name in ["model.safetensors", "config.json", "provenance.json"] {
            let contents = try outputs.map { try Data(contentsOf: $0.appending(path: name)) }
            #expect(contents[0] == contents[1])
        }
    }

    @Test func compressedCheckpointsAreNotCompressedAgain() throws {
        let directory = try ScratchDirectory()
        var small = SmallCheckpoint.usual
        small.config = #"{"model_type": "gpt_neox", "quantization_config": {"quant_method": "gptq"}}"#
        let checkpoint = try small.write(to: directory.url)
        let target = CompressionTarget(
            try spec(4, .channel, symmetric: true), directory: directory.url.appending(path: "o"))
        let path = directory.url.path(percentEncoded: false)
        #expect(throws: CompressionError.alreadyCompressed(checkpoint: path, method: "gptq")) {
            try compress(checkpoint, into: [target], provenance: provenance)
        }
    }

    @Test func checkpointsWithoutDecoderLayersAreErrors() throws {
        let directory = try ScratchDirectory()
        var small = SmallCheckpoint.usual
        small.tensors.removeAll { $0.name.contains("layers") }
        let checkpoint = try small.write(to: directory.url)
        let target = CompressionTarget(
            try spec(4, .channel, symmetric: true), directory: directory.url.appending(path: "o"))
        #expect(throws: CompressionError.noTargets(checkpoint: directory.url.path(percentEncoded: false))) {
            try compress(checkpoint, into: [target], provenance: provenance)
        }
    }

    @Test func nothingIsWrittenWhenAGroupDoesNotFit() throws {
        let directory = try ScratchDirectory()
        let checkpoint = try SmallCheckpoint.usual.write(to: directory.url.appending(path: "source"))
        let output = directory.url.appending(path: "out")
        let target = CompressionTarget(try spec(4, .size(32), symmetric: true), directory: output)
        #expect(
            throws: CompressionError.groupDoesNotDivide(
                tensor: "gpt_neox.layers.0.mlp.dense_4h_to_h", rowLength: 48, group: 32, allowed: [8, 12, 16, 24, 48])
        ) { try compress(checkpoint, into: [target], provenance: provenance) }
        #expect(!FileManager.default.fileExists(atPath: output.path(percentEncoded: false)))
    }

    @Test func whatBreaksOffHasNoConfiguration() throws {
        let directory = try ScratchDirectory()
        let source = directory.url.appending(path: "source")
        let checkpoint = try SmallCheckpoint.usual.write(to: source)
        let companion = source.appending(path: "vocab.json")
        try FileManager.default.createDirectory(at: companion, withIntermediateDirectories: false)
        let output = directory.url.appending(path: "out")
        let target = CompressionTarget(try spec(4, .channel, symmetric: true), directory: output)
        #expect(throws: CompressionError.system(.init(.read, companion.path, .isDirectory))) {
            try compress(checkpoint, into: [target], provenance: provenance)
        }
        #expect(!FileManager.default.fileExists(atPath: output.appending(path: "config.json").path()))
    }

    @Test func outputsThatCannotBeWrittenAreErrors() throws {
        let directory = try ScratchDirectory()
        let checkpoint = try SmallCheckpoint.usual.write(to: directory.url.appending(path: "source"))
        let spec = try spec(4, .channel, symmetric: true)
        let file = directory.url.appending(path: "file")
        try Data().write(to: file)
        let place = file.appending(path: "out")
        #expect(throws: CompressionError.system(.init(.write, place.path, .notDirectory))) {
            try compress(
                checkpoint, into: [CompressionTarget(spec, directory: place)], provenance: provenance)
        }
        // A directory that somebody has filled already is left alone.
        let output = directory.url.appending(path: "out")
        try compress(checkpoint, into: [CompressionTarget(spec, directory: output)], provenance: provenance)
        #expect(throws: CompressionError.self) {
            try compress(checkpoint, into: [CompressionTarget(spec, directory: output)], provenance: provenance)
        }
    }
}
