package import Checkpoint
import JSON
package import Kernels

/// The weights of a checkpoint by module name: who asks never knows in which form they are stored.
package struct WeightStore: Sendable {
    package let checkpoint: Checkpoint
    /// Nil where all weights are plain.
    private let layout: (any StorageLayout)?
    /// How the inputs of all compressed modules are rounded, where the form itself does not say it for each.
    private let inputs: InputActivations?
    /// The numbers to which keys and values are rounded; nil where they stay.
    package let cache: CacheFormat?
    /// What is added to the weights of some linear modules; nil for weights as they are stored.
    private var noise: WeightNoise?

    /// Opens the weights, whose `quantization_config`, if there is one, must be of a kind that is known.
    package init(_ checkpoint: Checkpoint) throws(CompressionError) {
        self.checkpoint = checkpoint
        layout = try StorageLayouts.layout(of: checkpoint.config)
        cache = try CacheFormat(checkpoint.config)
        let reading = ConfigurationReading(checkpoint.config)
        inputs = try InputActivations(
            checkpoint.config.quantization?.object?["input_activations"],
            "\(reading.section).input_activations", reading)
        try checkThatWeightsAreConverted(reading)
    }

    /// Refuses a configuration of a layout over a checkpoint in which no weight is stored so: what was left over from
    /// another form of it.
    private func checkThatWeightsAreConverted(_ reading: ConfigurationReading) throws(CompressionError) {
        guard let layout, type(of: layout).convertsWeights else { return }
        let modules = checkpoint.tensors.keys.lazy.compactMap { WeightPiece($0)?.module }
        guard modules.contains(where: { layout.holds(ModuleTensors(name: $0, checkpoint: checkpoint)) }) else {
            throw reading.invalid(
                "\(reading.section).quant_method", .string(type(of: layout).method),
                "left out with the whole \(reading.section), as no weight is stored so")
        }
    }

    /// How the inputs of a linear module are rounded before it multiplies them; nil for a module that is not
    /// compressed, or whose inputs stay.
    package func activationQuantizer(of module: String) throws(CompressionError) -> ActivationQuantizer? {
        let tensors = ModuleTensors(name: module, checkpoint: checkpoint)
        guard let layout, layout.holds(tensors), let inputs = layout.inputs(of: module, common: inputs) else {
            return nil
        }
        return try inputs.rounding(tensors)
    }

    /// The 16-bit type that goes with a module's plain weight.
    package func scaleType(of module: String) -> ScaleType {
        ScaleType(weights: checkpoint.tensors[module + ".weight"]?.info.type ?? .float16)
    }

    /// How the weights are compressed as they are stored, in a word such as `gptq-w4-g128`; nil for plain ones.
    package var scheme: String? { layout?.scheme }

    /// Whether there is a tensor of this full name, or a module of this name with a weight in whatever form.
    package func contains(_ name: String) -> Bool {
        checkpoint.tensors[name] != nil
            || WeightPiece.main.contains { checkpoint.tensors["\(name).\($0)"] != nil }
    }

    /// The tensors that are read for a module's weight, and for how its inputs are rounded, where the weight is stored in
    /// compressed form; nil for a plain one.
    ///
    /// Whatever else stands beside such a weight (another scale, a transform) would make it another one.
    package func tensors(
        readFor module: String, transposed: Bool = false, stack: [String] = []
    ) throws(CompressionError) -> Set<String>? {
        var tensors = ModuleTensors(name: module, checkpoint: checkpoint, stack: stack, isTransposed: transposed)
        guard let layout, layout.holds(tensors) else { return nil }
        let account = TensorAccount()
        tensors.account = account
        _ = try layout.matrix(tensors)
        _ = try layout.inputs(of: module, common: inputs)?.rounding(tensors)
        return account.read
    }

    /// The same weights with noise in those of some linear modules.
    package func noisy(_ noise: WeightNoise) -> WeightStore {
        var copy = self
        copy.noise = noise
        return copy
    }

    /// The weight of a linear module or embedding, outputs by inputs.
    ///
    /// `module` is the name without `.weight`; `transposed` says whether a plain weight is stored inputs by outputs
    /// (GPT-2's Conv1D); `stack` names the modules that are given the same inputs, in
    /// byte order (``LinearModule/stack``).
    package func matrix(
        _ module: String, transposed: Bool = false, stack: [String] = []
    ) throws(CompressionError) -> any WeightMatrix {
        let stored = try stored(module, transposed: transposed, stack: stack)
        return noise?.added(to: stored, of: module) ?? stored
    }

    private func stored(
        _ module: String, transposed: Bool, stack: [String]
    ) throws(CompressionError) -> any WeightMatrix {
        let tensors = ModuleTensors(
            name: module, checkpoint: checkpoint, stack: stack, isTransposed: transposed)
        if let layout, layout.holds(tensors) { return try layout.matrix(tensors) }
        if let plain = checkpoint.tensors[module + ".weight"] { return try plain.denseMatrix(transposed: transposed) }
        for piece in WeightPiece.main where checkpoint.tensors["\(module).\(piece)"] != nil {
            throw .invalidConfiguration(
                checkpoint: checkpoint.config.file, key: "quantization_config",
                found: checkpoint.config.quantization?.object?["quant_method"]?.canonicalText ?? "missing",
                expected: "there for '\(module).\(piece)', saying how it is stored")
        }
        throw missing(module + ".weight")
    }

    /// A tensor's values as floats, in order: norms, biases.
    package func vector(_ name: String) throws(CompressionError) -> [Float] {
        guard let tensor = checkpoint.tensors[name] else { throw missing(name) }
        let type = try tensor.floatType
        let count = tensor.info.elementCount
        var values = [Float](repeating: 0, count: count)
        TensorBytes(tensor).withSpan { bytes in
            var span = values.mutableSpan
            type.decode(bytes, into: &span)
        }
        return values
    }

    /// Stored bits per weight of linear modules, scales and zero points included.
    package func bitsPerWeight(of modules: [LinearModule]) -> Double {
        let names = Set(modules.map(\.name))
        let weights = modules.reduce(0) { $0 + $1.outputs * $1.inputs }
        let bits = checkpoint.tensors.values.reduce(0) { bits, tensor in
            guard let piece = WeightPiece(tensor.info.name), piece.isStored, names.contains(piece.module) else {
                return bits
            }
            return bits + tensor.byteCount * 8
        }
        return weights == 0 ? 0 : Double(bits) / Double(weights)
    }

    private func missing(_ name: String) -> CompressionError {
        let last = name.split(separator: ".").suffix(2).joined(separator: ".")
        let near = checkpoint.tensors.keys.filter { $0.hasSuffix(last) }.sorted()
        return .missingTensor(name: name, known: Array(near.prefix(3)))
    }
}
