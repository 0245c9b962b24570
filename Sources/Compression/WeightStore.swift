package import Checkpoint
package import Kernels

/// The weights of a checkpoint by module name: who asks never knows in which form they are stored.
package struct WeightStore: Sendable {
    package let checkpoint: Checkpoint
    private let configuration: QuantizationConfiguration?

    /// Opens the weights, whose `quantization_config`, if there is one, must be of a kind that is known.
    package init(_ checkpoint: Checkpoint) throws(CompressionError) {
        self.checkpoint = checkpoint
        configuration = try QuantizationConfiguration(checkpoint.config)
    }

    /// Whether there is a tensor of this full name, or a module of this name with a weight in whatever form.
    package func contains(_ name: String) -> Bool {
        checkpoint.tensors[name] != nil || checkpoint.tensors[name + ".weight"] != nil
            || checkpoint.tensors[name + ".weight_packed"] != nil
    }

    /// The weight of a linear module or embedding, outputs by inputs.
    ///
    /// - Parameters:
    ///   - module: the name without `.weight`.
    ///   - transposed: whether a plain weight is stored inputs by outputs (GPT-2's Conv1D). Compressed weights are
    ///     always stored outputs by inputs.
    package func matrix(_ module: String, transposed: Bool = false) throws(CompressionError) -> any WeightMatrix {
        if let plain = checkpoint.tensors[module + ".weight"] { return try plain.denseMatrix(transposed: transposed) }
        guard let packed = checkpoint.tensors[module + ".weight_packed"] else {
            throw missing(module + ".weight")
        }
        return try packQuantized(module, packed)
    }

    /// A tensor's values as floats, in order: norms, biases.
    package func vector(_ name: String) throws(CompressionError) -> [Float] {
        guard let tensor = checkpoint.tensors[name] else { throw missing(name) }
        let type = try tensor.floatType
        let count = tensor.info.elementCount
        return tensor.withBytes { bytes in
            [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
                if let source = bytes.baseAddress, let destination = buffer.baseAddress {
                    type.decode(source, count: count, into: destination)
                }
                initialized = count
            }
        }
    }

    /// Stored bits per linear weight inside decoder layers, scales and zero points included.
    package var bitsPerWeight: Double {
        var (bits, weights) = (0, 0)
        for tensor in checkpoint.tensors.values {
            guard let (module, suffix) = Self.split(tensor.info.name), StoredLayout.countsAsStored(suffix)
            else { continue }
            guard let count = weightCount(module) else { continue }
            bits += tensor.byteCount * 8
            if suffix == "weight" || suffix == "weight_packed" { weights += count }
        }
        return weights == 0 ? 0 : Double(bits) / Double(weights)
    }

    /// The module and what follows it, of tensors named `module.weight…`.
    private static func split(_ name: String) -> (module: String, suffix: String)? {
        guard let dot = name.lastIndex(of: ".") else { return nil }
        let suffix = String(name[name.index(after: dot)...])
        return suffix == "weight" || suffix.hasPrefix("weight_") ? (String(name[..<dot]), suffix) : nil
    }

    /// The weights of a module that belongs to `Targets.layers`, nil for others.
    private func weightCount(_ module: String) -> Int? {
        let shape = checkpoint.tensors[module + ".weight"]?.info.shape ?? (try? packedShape(module))
        guard let shape, Targets.layers.contains(module: module, shape: shape) else { return nil }
        let isTernary = checkpoint.tensors[module + ".weight"]?.info.type == .uint8
        return shape[0] * shape[1] * (isTernary ? Self.ternaryWeightsPerByte : 1)
    }

    /// Weights in a byte of BitNet's packed form, the only one whose `weight` is of two dimensions and type U8.
    private static let ternaryWeightsPerByte = 4

    private func packQuantized(_ module: String, _ packed: Tensor) throws(CompressionError) -> any WeightMatrix {
        guard let configuration, let scheme = configuration.scheme(for: module) else {
            throw .invalidConfiguration(
                checkpoint: checkpoint.config.file, key: "quantization_config", found: "missing",
                expected: "there for the packed weight '\(module)'")
        }
        let scaleName = module + ".weight_scale"
        guard let scale = checkpoint.tensors[scaleName] else { throw missing(scaleName) }
        let shape = try packedShape(module)
        let parts = PackQuantizedMatrix.Parts(
            packed: .init(packed), scale: .init(scale),
            zero: checkpoint.tensors[module + ".weight_zero_point"].map { .init($0) },
            groupIndex: checkpoint.tensors[module + ".weight_g_idx"].map { .init($0) })
        return try PackQuantizedMatrix(
            parts, rows: shape[0], columns: shape[1], bits: scheme.bits, symmetric: scheme.symmetric)
    }

    /// Rows and columns out of `weight_shape`, each small enough that products of them do not overflow.
    private func packedShape(_ module: String) throws(CompressionError) -> [Int] {
        let name = module + ".weight_shape"
        guard let tensor = checkpoint.tensors[name] else { throw missing(name) }
        guard tensor.info.shape == [2] else {
            throw .wrongShape(tensor: name, found: tensor.info.shape, expected: "[2]")
        }
        let sizes: [Int64] =
            switch tensor.info.type {
            case .int64:
                tensor.withBytes { bytes in (0..<2).map { bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self) }
                }
            case .int32:
                tensor.withBytes { bytes in
                    (0..<2).map { Int64(bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self)) }
                }
            default: throw .wrongType(tensor: name, found: tensor.info.type.rawValue, expected: "I64 or I32")
            }
        guard sizes.allSatisfy({ (1...Int64(Int32.max)).contains($0) }) else {
            throw .wrongShape(
                tensor: name, found: sizes.map { Int(clamping: $0) }, expected: "two sizes from 1 to 2147483647")
        }
        return sizes.map { Int($0) }
    }

    private func missing(_ name: String) -> CompressionError {
        let last = name.split(separator: ".").suffix(2).joined(separator: ".")
        let near = checkpoint.tensors.keys.filter { $0.hasSuffix(last) }.sorted()
        return .missingTensor(name: name, known: Array(near.prefix(3)))
    }
}

extension PackQuantizedMatrix.Parts.Part {
    init(_ tensor: Tensor) {
        self.init(
            name: tensor.info.name, type: tensor.info.type, shape: tensor.info.shape, bytes: tensor.baseAddress,
            owner: tensor.mapping)
    }
}
