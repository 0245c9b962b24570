import Checkpoint
import Compression
import Foundation
import JSON
import LanguageModel
import TestSupport

/// A small random model of any family, written to a temporary directory as safetensors with its configuration.
final class TinyCheckpoint {
    private let scratch: ScratchDirectory
    var directory: URL { scratch.url }
    let description: DecoderDescription
    private(set) var tensors: [String: (shape: [Int], values: [Float])] = [:]
    private var random: SeededGenerator
    private let config: JSONObject

    /// Makes the tensors that the description of `config` names; modules that `absent` holds are left out.
    init(_ config: String, seed: UInt64 = 1, absent: Set<String> = []) throws {
        self.config = try JSONValue(parsing: config).object ?? JSONObject()
        // OPT 350m stores no norm after its last layer.
        let isOPT350m = self.config["do_layer_norm_before"] == false
        let missing = absent.union(isOPT350m ? ["model.decoder.final_layer_norm"] : [])
        description = try Family.describe(
            FamilySettings(
                json: self.config,
                hasModule: { name in
                    // Experts are stored apart here.
                    !missing.contains(name) && !name.isEmpty && !name.hasSuffix(".experts.0.gate_up_proj")
                }))
        random = SeededGenerator(seed: seed)
        scratch = try ScratchDirectory()
        makeTensors()
        try write()
    }

    /// Changes a tensor and writes the file again.
    func replace(_ name: String, shape: [Int], values: [Float]?) throws {
        tensors[name] = values.map { (shape, $0) }
        try write()
    }

    /// Adds noise to every weight inside layers, as compression would.
    func perturb(by amount: Float) throws {
        for name in tensors.keys.sorted() where ["layers.", ".h.", "blocks."].contains(where: name.contains) {
            guard let tensor = tensors[name], tensor.shape.count == 2 else { continue }
            tensors[name] = (tensor.shape, tensor.values.map { $0 + amount * random.normal() })
        }
        try write()
    }

    func store() throws -> WeightStore { try WeightStore(try Checkpoint(directory: directory)) }

    /// `count` windows of random tokens.
    func windows(_ count: Int, context: Int) -> TokenWindows {
        let ids = (0..<count * context).map { _ in UInt32(random.next() % UInt64(description.vocabularySize)) }
        return TokenWindows(ids: ids, context: context)
    }

    private func makeTensors() {
        let embedding = description.embedding
        add(embedding.module + ".weight", [description.vocabularySize, embedding.width], scale: 0.5)
        if let positions = embedding.positions {
            add(positions.module + ".weight", [positions.count + positions.offset, description.width], scale: 0.5)
        }
        if description.head != embedding.module {
            add(description.head + ".weight", [description.vocabularySize, embedding.width], scale: 0.5)
        }
        for linear in [embedding.projection, description.outputProjection].compactMap(\.self) { add(linear) }
        if let bias = description.headBias { add(bias.name, [bias.count], scale: 0.3) }
        add(embedding.norm)
        add(description.finalNorm)
        for layer in description.layers { add(layer) }
    }

    private func add(_ layer: LayerDescription) {
        switch layer.attention.projections {
        case .interleaved(let linear), .concatenated(let linear): add(linear)
        case .separate(let query, let key, let value): for linear in [query, key, value] { add(linear) }
        }
        add(layer.attention.output)
        if let sinks = layer.attention.sinks { add(sinks.name, [sinks.count], scale: 1) }
        for mlp in layer.mlps { add(mlp) }
        if case .experts(let experts) = layer.feedForward {
            add(experts.router)
            if let shared = experts.shared { add(shared.gate) }
        }
        for norm in [layer.attention.queryNorm, layer.attention.keyNorm].flatMap({ $0?.stored ?? [] }) { add(norm) }
        for norms in [layer.attentionNorms, layer.mlpNorms] {
            for norm in [norms.before, norms.inside, norms.after, norms.afterResidual] { add(norm) }
        }
    }

    private func add(_ mlp: MLPDescription) {
        for linear in mlp.linearLayers { add(linear) }
        if case .learned(let function) = mlp.activation {
            for name in function.kind.tensors {
                add("\(mlp.activationModule).\(name)", [1], scale: 0.3, offset: 0.2)
            }
        }
    }

    private func add(_ linear: LinearDescription) {
        let shape = linear.transposed ? [linear.inputs, linear.outputs] : [linear.outputs, linear.inputs]
        add(linear.module + ".weight", shape, scale: 1.2 / Float(linear.inputs).squareRoot())
        if linear.bias { add(linear.module + ".bias", [linear.outputs], scale: 0.1) }
    }

    private func add(_ norm: NormDescription?) {
        guard let norm, let module = norm.module else { return }
        add(module + ".weight", [norm.width], scale: 0.1, offset: 1 - norm.weightOffset)
        if norm.bias { add(module + ".bias", [norm.width], scale: 0.1) }
    }

    private func add(_ name: String, _ shape: [Int], scale: Float, offset: Float = 0) {
        tensors[name] = (shape, (0..<shape.reduce(1, *)).map { _ in offset + scale * random.normal() })
    }

    private func write() throws {
        try Data(JSONValue.object(config).canonicalText.utf8).write(to: directory.appending(path: "config.json"))
        var header = JSONObject()
        var body = Data()
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            let end = body.count + tensor.values.count * 4
            header[name] = [
                "dtype": "F32", "shape": .array(tensor.shape.map { .integer($0) }),
                "data_offsets": [.integer(body.count), .integer(end)],
            ]
            for value in tensor.values {
                withUnsafeBytes(of: value.bitPattern.littleEndian) { body.append(contentsOf: $0) }
            }
        }
        var text = JSONValue.object(header).canonicalText
        text += String(repeating: " ", count: (8 - text.utf8.count % 8) % 8)
        var file = Data()
        withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { file.append(contentsOf: $0) }
        file.append(Data(text.utf8))
        file.append(body)
        try file.write(to: directory.appending(path: "model.safetensors"))
    }
}
