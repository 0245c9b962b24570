import Checkpoint
import Compression

/// Finds tensors of a checkpoint that its model has no place for: leaving one out would compute another model.
///
/// Every tensor is either a parameter of the description, a piece that the compressed form of one reads, or a constant that
/// nothing reads; whatever else there is is refused by name.
struct UnplacedTensors {
    private let description: DecoderDescription
    private let store: WeightStore
    private let modules: Set<String>
    private let buffers: Set<String>
    /// The tensors that the model reads.
    private var read: Set<String> = []
    /// The modules whose weights are stored in compressed form.
    private var compressed: Set<String> = []

    init(_ description: DecoderDescription, _ store: WeightStore) throws(LanguageModelError) {
        self.description = description
        self.store = store
        let parameters = description.parameters
        modules = Set(parameters.map(\.module))
        buffers = Set(
            description.layers.flatMap { layer in
                description.buffers.map { "\(layer.module).\($0)" } + layer.mlps.flatMap(\.activationBuffers)
            })
        let linear = description.layers.flatMap(\.linearLayers)
        let layers = Dictionary(linear.map { ($0.module, $0) }) { first, _ in first }
        for parameter in parameters {
            let layer = layers[parameter.module]
            let pieces: Set<String>?
            do throws(CompressionError) {
                pieces =
                    parameter.piece == "weight"
                    ? try store.tensors(
                        readFor: parameter.module, transposed: layer?.transposed ?? false, stack: layer?.stack ?? [])
                    : nil
            } catch { throw .compression(error) }
            read.formUnion(pieces ?? [parameter.name])
            if pieces != nil { compressed.insert(parameter.module) }
        }
        for layer in linear { if case .packed = layer.bitLinear { read.insert(layer.module + ".weight_scale") } }
    }

    func check() throws(LanguageModelError) {
        for name in store.checkpoint.tensors.keys.sorted() where !hasPlace(name) {
            throw .unexpectedTensor(name, because: reason(name))
        }
    }

    private func hasPlace(_ name: String) -> Bool { read.contains(name) || isBuffer(name) || isBiasOfZeros(name) }

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
    private func isBiasOfZeros(_ name: String) -> Bool {
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
        if let module = owner(name) {
            return compressed.contains(module)
                ? "the form in which the weight of '\(module)' is stored has no part of this name"
                : "nothing says that the weight of '\(module)' is more than its '.weight'"
        }
        return "nothing in a '\(description.modelType)' model of this configuration reads it"
    }

    /// The module that a tensor's name puts it beside.
    private func owner(_ name: String) -> String? {
        var rest = name[...]
        while let dot = rest.lastIndex(of: ".") {
            rest = rest[..<dot]
            if modules.contains(String(rest)) { return String(rest) }
        }
        return nil
    }
}
