import Checkpoint
import Compression

/// Finds tensors of a checkpoint that its model has no place for: leaving one out would compute another model.
///
/// Every tensor is either a parameter of the description, a piece of the compressed form of one, or a constant that nothing
/// reads; whatever else there is is refused by name.
struct UnplacedTensors {
    private let description: DecoderDescription
    private let parameters: Set<String>
    private let modules: Set<String>
    private let buffers: Set<String>

    init(_ description: DecoderDescription) {
        self.description = description
        let tensors = description.parameters
        parameters = Set(tensors.map(\.name))
        modules = Set(tensors.map(\.module))
        buffers = Set(
            description.layers.flatMap { layer in
                description.buffers.map { "\(layer.module).\($0)" } + layer.mlps.flatMap(\.activationBuffers)
            })
    }

    func check(_ store: WeightStore) throws(LanguageModelError) {
        for name in store.checkpoint.tensors.keys.sorted() where !hasPlace(name, in: store) {
            throw .unexpectedTensor(name, because: reason(name))
        }
    }

    private func hasPlace(_ name: String, in store: WeightStore) -> Bool {
        if parameters.contains(name) || isBuffer(name) { return true }
        if let module = store.module(storedBy: name) { return modules.contains(module) }
        return isBiasOfZeros(name, in: store)
    }

    private func isBuffer(_ name: String) -> Bool {
        guard let last = name.split(separator: ".").last else { return false }
        return buffers.contains(name) || Self.constants.contains(last)
    }

    /// What code of many families has saved beside parameters at some time: rotary tables, position numbers, mask values,
    /// and the scales of a quantized key-value cache, which scoring whole windows has none of.
    private static let constants: Set<Substring> = [
        "inv_freq", "cos_cached", "sin_cached", "freqs_cis", "position_ids", "masked_bias", "k_scale", "v_scale",
    ]

    /// GPTQ's tools store a bias of zeros where there is none.
    private func isBiasOfZeros(_ name: String, in store: WeightStore) -> Bool {
        guard let module = biaslessModule(name), modules.contains(module) else { return false }
        return (try? store.vector(name))?.allSatisfy { $0 == 0 } ?? false
    }

    private func biaslessModule(_ name: String) -> String? {
        name.hasSuffix(".bias") ? String(name.dropLast(".bias".count)) : nil
    }

    /// How many experts the layer has that a tensor names an expert of, if it names one that is not there.
    private func expertCount(_ name: String) -> Int? {
        for layer in description.layers where name.hasPrefix(layer.module + ".") {
            guard case .experts(let experts) = layer.feedForward, let place = name.firstRange(of: ".experts."),
                let index = Int(name[place.upperBound...].prefix { $0 != "." }), index >= experts.experts.count
            else { continue }
            return experts.experts.count
        }
        return nil
    }

    private func reason(_ name: String) -> String {
        let first = description.layers.first?.module ?? ""
        let prefix = first.dropLast(1)
        if name.hasPrefix(prefix), let index = Int(name.dropFirst(prefix.count).prefix { $0 != "." }),
            index >= description.layers.count
        {
            return "the configuration has \(description.layers.count) layers"
        }
        if let count = expertCount(name) { return "the configuration has \(count) experts in that layer" }
        if let module = biaslessModule(name), modules.contains(module) {
            return "the configuration gives '\(module)' no bias"
        }
        return "nothing in a '\(description.modelType)' model of this configuration reads it"
    }
}
