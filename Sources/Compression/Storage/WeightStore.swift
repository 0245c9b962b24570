package import Checkpoint
import JSON
package import Kernels

/// The weights of a checkpoint by module name: who asks never knows in which form they are stored.
package struct WeightStore: Sendable {
    package let checkpoint: Checkpoint
    private let form: StoredForm
    /// How the inputs of all compressed modules are rounded, where the form itself does not say it for each.
    private let inputs: InputActivations?

    /// Opens the weights, whose `quantization_config`, if there is one, must be of a kind that is known.
    package init(_ checkpoint: Checkpoint) throws(CompressionError) {
        self.checkpoint = checkpoint
        form = try StoredForm(checkpoint.config)
        let reading = ConfigurationReading(file: checkpoint.config.file)
        inputs = try InputActivations(
            checkpoint.config.json["quantization_config"]?.object?["input_activations"],
            "quantization_config.input_activations", reading)
        try checkThatWeightsAreConverted(reading)
    }

    /// Refuses a configuration of GPTQ or AWQ over a checkpoint in which no weight is stored so.
    private func checkThatWeightsAreConverted(_ reading: ConfigurationReading) throws(CompressionError) {
        let method: JSONValue
        switch form {
        case .gptq: method = "gptq"
        case .awq: method = "awq"
        default: return
        }
        guard checkpoint.tensors.keys.contains(where: { $0.hasSuffix(".qweight") }) else {
            throw reading.invalid(
                "quantization_config.quant_method", method,
                "left out with the whole quantization_config, as no tensor is a '.qweight'")
        }
    }

    /// How the inputs of a linear module are rounded before it multiplies them; nil for a module that is not
    /// compressed, or whose inputs stay.
    package func inputRounding(of module: String) throws(CompressionError) -> InputRounding? {
        let tensors = ModuleTensors(name: module, checkpoint: checkpoint)
        var inputs = inputs
        if case .compressedTensors(let configuration) = form { inputs = configuration.scheme(for: module)?.inputs }
        guard let inputs, try form.matrix(tensors) != nil else { return nil }
        return try inputs.rounding(tensors)
    }

    /// The 16-bit type that goes with a module's plain weight.
    package func scaleType(of module: String) -> ScaleType {
        ScaleType(weights: checkpoint.tensors[module + ".weight"]?.info.type ?? .float16)
    }

    /// How the weights are compressed as they are stored, in a word such as `gptq-w4-g128`; nil for plain ones.
    package var scheme: String? { form.scheme }

    /// Whether there is a tensor of this full name, or a module of this name with a weight in whatever form.
    package func contains(_ name: String) -> Bool {
        checkpoint.tensors[name] != nil
            || WeightPiece.main.contains { checkpoint.tensors["\(name).\($0)"] != nil }
    }

    /// The module whose weight or inputs a tensor helps to store in compressed form, by its name; nil for one that does not,
    /// and for every tensor of a checkpoint that is stored plainly.
    package func module(storedBy name: String) -> String? {
        form == .plain ? nil : WeightPiece(name)?.module ?? ModuleTensors.module(withScale: name)
    }

    /// The weight of a linear module or embedding, outputs by inputs.
    ///
    /// `module` is the name without `.weight`; `transposed` says whether a plain weight is stored inputs by outputs
    /// (GPT-2's Conv1D). Compressed weights are always stored outputs by inputs.
    package func matrix(_ module: String, transposed: Bool = false) throws(CompressionError) -> any WeightMatrix {
        if let stored = try form.matrix(ModuleTensors(name: module, checkpoint: checkpoint)) { return stored }
        if let plain = checkpoint.tensors[module + ".weight"] { return try plain.denseMatrix(transposed: transposed) }
        for piece in WeightPiece.main where checkpoint.tensors["\(module).\(piece)"] != nil {
            throw .invalidConfiguration(
                checkpoint: checkpoint.config.file, key: "quantization_config",
                found: checkpoint.config.json["quantization_config"]?.object?["quant_method"]?.canonicalText
                    ?? "missing",
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

    /// Stored bits per linear weight inside decoder layers, scales and zero points included.
    package var bitsPerWeight: Double {
        var modules: [String: (bits: Int, weights: Int)] = [:]
        for tensor in checkpoint.tensors.values {
            guard let piece = WeightPiece(tensor.info.name), piece.isStored else { continue }
            let weights = modules[piece.module]?.weights ?? weightCount(piece.module)
            modules[piece.module, default: (0, weights)].bits += tensor.byteCount * 8
        }
        let weights = modules.values.reduce(0) { $0 + $1.weights }
        let bits = modules.values.reduce(0) { $0 + ($1.weights > 0 ? $1.bits : 0) }
        return weights == 0 ? 0 : Double(bits) / Double(weights)
    }

    /// The weights of a module that belongs to `Targets.layers`, 0 for others.
    private func weightCount(_ module: String) -> Int {
        let shape: [Int]
        if form == .bitNet, let packed = checkpoint.tensors[module + ".weight"], packed.info.type == .uint8 {
            // Four rows lie in one of bytes.
            shape = packed.info.shape + [4]
            guard shape.count == 3, Targets.layers.contains(module: module, shape: packed.info.shape) else { return 0 }
        } else {
            let stored = try? form.matrix(ModuleTensors(name: module, checkpoint: checkpoint))
            let plain = checkpoint.tensors[module + ".weight"]?.info.shape
            guard let found = stored.map({ [$0.rows, $0.columns] }) ?? plain,
                Targets.layers.contains(module: module, shape: found)
            else { return 0 }
            shape = found
        }
        return shape.reduce(1, *)
    }

    private func missing(_ name: String) -> CompressionError {
        let last = name.split(separator: ".").suffix(2).joined(separator: ".")
        let near = checkpoint.tensors.keys.filter { $0.hasSuffix(last) }.sorted()
        return .missingTensor(name: name, known: Array(near.prefix(3)))
    }
}
