import Checkpoint
import Compression
import Foundation
import JSON
import LanguageModel
import Testing

/// BitNet's forward pass: weights made ternary while they are read, and the same ones stored four to a byte.
struct BitNetTests {
    private static func config(_ quantization: String) -> String {
        """
        {"model_type": "bitnet", "vocab_size": 61, "hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 32, "attention_bias": true,
         "quantization_config": {"quant_method": "bitnet", \(quantization)}}
        """
    }

    private static let online = config(#""linear_class": "autobitlinear", "quantization_mode": "online""#)

    @Test func agreesWithThePlainPass() throws {
        let tiny = try TinyCheckpoint(Self.online, seed: 4)
        let windows = tiny.windows(3, context: 17)
        let scores = try LanguageModel([tiny.store()]).score(windows)
        let reference = ReferenceDecoder(description: tiny.description, tensors: tiny.tensors)
        for window in 0..<3 {
            let expected = reference.negativeLogLikelihoods(Array(windows[window])).reduce(0, +)
            let found = scores[0].windows[window].negativeLogLikelihood
            // A value that lies between two steps of the 8 bits may go the other way after sums in another order.
            #expect(abs(found - expected) < 2e-3 * expected, "window \(window): \(found), plainly \(expected)")
        }
    }

    @Test(arguments: [("bitlinear", true), ("autobitlinear", false)])
    func packedWeightsGiveTheSameLosses(kind: String, scaleDivides: Bool) throws {
        let tiny = try TinyCheckpoint(Self.online, seed: 5)
        let windows = tiny.windows(2, context: 16)
        let expected = try LanguageModel([tiny.store()]).score(windows)[0].windows
        let directory = tiny.directory.appending(path: "packed")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try Data(Self.config("\"linear_class\": \"\(kind)\"").utf8).write(to: directory.appending(path: "config.json"))
        try write(tiny, to: directory, scaleDivides: scaleDivides)
        let checkpoint = try Checkpoint(directory: directory)
        let store = try WeightStore(checkpoint)
        let found = try LanguageModel([store]).score(windows)[0].windows
        for (found, expected) in zip(found, expected) {
            let bound = 2e-3 * expected.negativeLogLikelihood
            #expect(abs(found.negativeLogLikelihood - expected.negativeLogLikelihood) < bound)
        }
        // Two bits for each of 4512 weights, and 32 for each of the 14 scales.
        let weights = tiny.tensors.filter { $0.key.contains("_proj.weight") }.reduce(0) { $0 + $1.value.values.count }
        #expect(try ModelVariant(store).bitsPerWeight == (Double(2 * weights) + 14 * 32) / Double(weights))
        #expect(try LanguageModel([store]).parameterCount == LanguageModel([tiny.store()]).parameterCount)
    }

    private func scale(_ weight: [Float]) -> Float {
        1 / max(Float(weight.reduce(0.0) { $0 + Double(abs($1)) } / Double(weight.count)), 1e-5)
    }

    /// In transformers a scale that multiplies does so with the bias too, and one that divides does not.
    private func biasFactor(_ name: String, _ tiny: TinyCheckpoint, scaleDivides: Bool) throws -> Float {
        guard name.hasSuffix("_proj.bias"), !scaleDivides else { return 1 }
        return scale(try #require(tiny.tensors[name.dropLast(4) + "weight"]).values)
    }

    private func write(_ tiny: TinyCheckpoint, to directory: URL, scaleDivides: Bool) throws {
        var declarations: [SafetensorsWriter.Declaration] = []
        for (name, tensor) in tiny.tensors {
            guard name.contains("_proj.weight") else {
                declarations.append(.init(name, .float32, tensor.shape))
                continue
            }
            declarations.append(.init(name, .uint8, [tensor.shape[0] / 4, tensor.shape[1]]))
            declarations.append(.init(name + "_scale", .float32, [1]))
        }
        var writer = try SafetensorsWriter(
            creating: directory.appending(path: "model.safetensors"), tensors: declarations)
        for (name, tensor) in tiny.tensors {
            guard name.contains("_proj.weight") else {
                let factor = try biasFactor(name, tiny, scaleDivides: scaleDivides)
                try writer.write(name, tensor.values.map { $0 * factor })
                continue
            }
            let scale = scale(tensor.values)
            let codes = tensor.values.map { UInt8(min(max(($0 * scale).rounded(.toNearestOrEven), -1), 1) + 1) }
            let quarter = codes.count / 4
            let bytes = (0..<quarter).map { index in
                (0..<4).reduce(UInt8(0)) { $0 | codes[$1 * quarter + index] << UInt8(2 * $1) }
            }
            try writer.write(name, bytes)
            try writer.write(name + "_scale", [scaleDivides ? scale : 1 / scale])
        }
        try writer.finish()
    }
}
