import Checkpoint
import Compression

/// Finds tensors that a configuration leaves out though they would change the result: layers beyond the last one, and
/// biases of linear layers that are to have none.
struct UnplacedTensors {
    private let layerCount: Int
    private let layersPrefix: String
    private let mapsWithoutBias: [String]

    init(_ description: DecoderDescription) {
        layerCount = description.layers.count
        let first = description.layers.first?.module ?? ""
        layersPrefix = String(first.dropLast(1))
        mapsWithoutBias = description.layers.flatMap { layer in
            layer.linearLayers.filter { !$0.bias }.map(\.module)
        }
    }

    func check(_ store: WeightStore) throws(LanguageModelError) {
        for name in store.checkpoint.tensors.keys.sorted() where name.hasPrefix(layersPrefix) {
            let index = Int(name.dropFirst(layersPrefix.count).prefix { $0 != "." })
            if let index, index >= layerCount {
                throw .unexpectedTensor(name, because: "the configuration has \(layerCount) layers")
            }
        }
        for module in mapsWithoutBias where store.checkpoint.tensors[module + ".bias"] != nil {
            // GPTQ's tools store a bias of zeros where there is none.
            if let bias = try? store.vector(module + ".bias"), bias.allSatisfy({ $0 == 0 }) { continue }
            throw .unexpectedTensor(module + ".bias", because: "the configuration gives '\(module)' no bias")
        }
    }
}

extension LayerDescription {
    /// Every linear layer of the layer.
    package var linearLayers: [LinearDescription] {
        attention.projections.linearLayers + [attention.output] + (mlp.gate.map { [$0] } ?? [])
            + [mlp.up, mlp.down]
    }
}
