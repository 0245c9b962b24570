import Checkpoint
import Kernels

extension QuantizationConfiguration {
    func holds(_ module: ModuleTensors) -> Bool {
        switch module["weight"]?.info.type {
        case .int8, .float8E4M3: true
        default: module["weight_packed"] != nil
        }
    }

    /// The weight of a module in one of compressed-tensors' formats.
    ///
    /// | format | tensors |
    /// |---|---|
    /// | `pack-quantized` | see `PackQuantizedGeometry` |
    /// | `int-quantized` | `weight` I8, `weight_scale`, `weight_zero_point` I8 unless symmetric |
    /// | `float-quantized` | `weight` F8_E4M3, `weight_scale` |
    /// | `mxfp4-pack-quantized`, `mxfp6-pack-quantized` | `weight_packed` U8; `weight_scale` U8 (see `MXMatrix`) |
    /// | `mxfp8-quantized` | `weight` F8_E4M3; `weight_scale` U8 (see `MXMatrix`) |
    /// | `nvfp4-pack-quantized` | see `NVFP4Matrix` |
    ///
    /// The scales of `int-quantized` and `float-quantized` are one, one for each output, outputs × groups, or one for each block.
    func matrix(_ module: ModuleTensors) throws(CompressionError) -> any WeightMatrix {
        if let matrix = try scheme(for: module.name)?.format.rowBlocks(module) { return matrix }
        if let packed = module["weight_packed"] { return try packedMatrix(module, packed) }
        if let scheme = scheme(for: module.name), scheme.format == .floats, isConv1D(module, scheme) {
            return try conv1D(module, scheme)
        }
        let (weight, scales) = (try module.tensor("weight"), try module.weightScales())
        guard let scheme = scheme(for: module.name), scheme.format != .packed else {
            throw .invalidConfiguration(
                checkpoint: module.checkpoint.config.file, key: "quantization_config.format",
                found: scheme(for: module.name).map { "'\($0.format.rawValue)'" } ?? "missing",
                expected: "'int-quantized' or 'float-quantized' for '\(weight.info.name)'")
        }
        let isInteger = weight.info.type == .int8
        guard isInteger ? scheme.format != .floats : scheme.format != .integers else {
            throw .wrongType(
                tensor: weight.info.name, found: weight.info.type.rawValue,
                expected: isInteger ? "F8_E4M3 as in 'float-quantized'" : "I8 as in 'int-quantized'")
        }
        guard weight.info.shape.count == 2 else {
            throw .wrongShape(tensor: weight.info.name, found: weight.info.shape, expected: "of two dimensions")
        }
        return ScaledElementMatrix(
            weight, element: isInteger ? .int8 : .float(.float8E4M3), scales: scales,
            scaleType: try ScaleType(of: scales), scaleLayout: try .init(of: scales, for: weight, block: scheme.block),
            zeros: try zeros(module, scales, isInteger && !scheme.symmetric))
    }

    private func zeros(
        _ module: ModuleTensors, _ scales: Tensor, _ hasZeros: Bool
    ) throws(CompressionError) -> Tensor? {
        guard hasZeros else {
            try module.expectZeros("weight_zero_point")
            return nil
        }
        return try module.tensor("weight_zero_point", type: .int8, count: scales.info.elementCount)
    }

    private func packedMatrix(
        _ module: ModuleTensors, _ packed: Tensor
    ) throws(CompressionError) -> any WeightMatrix {
        guard let scheme = scheme(for: module.name) else {
            throw .invalidConfiguration(
                checkpoint: module.checkpoint.config.file, key: "quantization_config.config_groups",
                found: "none for '\(module.name)'", expected: "one whose targets match it")
        }
        guard scheme.format == .packed else {
            throw .invalidConfiguration(
                checkpoint: module.checkpoint.config.file, key: "quantization_config.format",
                found: "'\(scheme.format.rawValue)'", expected: "'\(Format.packed.rawValue)' for '\(packed.info.name)'")
        }
        if isConv1D(module, scheme) { return try conv1D(module, scheme) }
        guard scheme.block == nil else {
            throw .invalidConfiguration(
                checkpoint: module.checkpoint.config.file, key: "quantization_config.config_groups",
                found: "blocks for '\(packed.info.name)'", expected: "groups or channels, as codes are packed")
        }
        let scale = try module.tensor("weight_scale")
        let shape = try module.weightShape()
        if scheme.symmetric { try module.expectZeros("weight_zero_point") }
        let zero = scheme.symmetric ? nil : module["weight_zero_point"]
        let parts = PackQuantizedMatrix.Parts(
            packed: .init(packed), scale: .init(scale), zero: zero.map { .init($0) },
            groupIndex: module["weight_g_idx"].map { .init($0) })
        return try PackQuantizedMatrix(
            parts, rows: shape[0], columns: shape[1], bits: scheme.bits, symmetric: scheme.symmetric)
    }
}

extension ModuleTensors {
    /// Rows and columns out of `weight_shape`, each small enough that products of them do not overflow.
    func weightShape() throws(CompressionError) -> [Int] {
        let tensor = try tensor("weight_shape")
        let name = tensor.info.name
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
}

extension PackQuantizedMatrix.Parts.Part {
    init(_ tensor: Tensor) {
        self.init(
            name: tensor.info.name, type: tensor.info.type, shape: tensor.info.shape,
            bytes: TensorBytes(tensor))
    }
}
