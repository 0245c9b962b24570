import Checkpoint
import JSON
import Kernels

/// How weights of transformers' `Conv1D`, which multiplies inputs by a matrix of inputs × outputs, lie in
/// compressed-tensors' layout.
///
/// compressed-tensors prepares no modules but `Linear`. Told to dequantize while loading, transformers takes for a weight
/// whatever its tensors give; so they give inputs × outputs, and the scale of a group of inputs is that of a block:
///
/// | tensor | type | shape |
/// |---|---|---|
/// | `weight_packed` | I32 | inputs × ⌈outputs·b/32⌉, codes as in `PackQuantizedGeometry` |
/// | `weight` | F8_E4M3 | inputs × outputs, where the format is `float-quantized` |
/// | `weight_scale` | float | groups × outputs |
/// | `weight_zero_point` | I8 | groups × outputs, less 2ᵇ⁻¹: those of blocks are not packed |
/// | `weight_shape` | I64 | 2: inputs and outputs |
///
/// The configuration has the strategy `block`, of a group's inputs (or all) and one output; blocks stay blocks. Reading turns such a weight
/// into the usual form (`QuantizationConfiguration.conv1D`); none of its values changes on the way.
struct Conv1DForm: Sendable {
    /// Bits of a code; nil of 8-bit floats.
    private let bits: Int?

    /// The form of what a compressor makes, by its configuration; nil where compressed-tensors has none for it: groups
    /// that lie apart, and exponents of blocks.
    init?(_ configuration: JSONObject, _ spec: Spec) {
        guard configuration["quant_method"]?.string == QuantizationConfiguration.method else { return nil }
        switch (configuration["format"]?.string).flatMap(QuantizationConfiguration.Format.init(rawValue:)) {
        case .packed where !spec.options.actOrder || spec.group == .channel: bits = spec.codeBits
        case .floats: bits = nil
        default: return nil
        }
    }

    /// The configuration of weights of which the widest has so many inputs.
    static func configuration(_ usual: JSONObject, mostInputs: Int) -> JSONObject {
        var config = usual
        let groups = usual["config_groups"]?.object?.members ?? []
        config["config_groups"] = .object(
            JSONObject(
                groups.map { member in
                    var group = member.value.object ?? JSONObject()
                    let usual = group["weights"]?.object ?? JSONObject()
                    var weights = JSONObject(usual.members.filter { $0.key != "group_size" })
                    weights["strategy"] = "block"
                    weights["block_structure"] =
                        usual["block_structure"]?.array.map { .array($0.reversed()) }
                        ?? [.integer(usual["group_size"]?.int ?? mostInputs), 1]
                    group["weights"] = .object(weights)
                    group["targets"] = ["Conv1D"]
                    return .init(key: member.key, value: .object(group))
                }))
        config["dequantize"] = true
        return config
    }

    /// The tensors of a weight instead of the usual ones.
    func layout(_ usual: [StoredLayout], outputs: Int, inputs: Int) -> [StoredLayout] {
        usual.map { tensor in
            let suffix = tensor.suffix
            switch suffix {
            case "weight_packed":
                let words = BitStream.wordCount(codes: outputs, bits: bits ?? 8)
                return StoredLayout(suffix: suffix, type: tensor.type, shape: [inputs, words])
            case "weight": return StoredLayout(suffix: suffix, type: tensor.type, shape: [inputs, outputs])
            case "weight_scale":
                return StoredLayout(suffix: suffix, type: tensor.type, shape: tensor.shape.reversed())
            case "weight_zero_point":
                return StoredLayout(suffix: suffix, type: .int8, shape: [tensor.shape.last ?? 1, outputs])
            default: return tensor
            }
        }
    }

    /// A weight with its tensors in this form.
    func converted(_ weight: CompressedWeight) -> CompressedWeight {
        let (outputs, inputs) = (weight.matrix.rows, weight.matrix.columns)
        let layouts = layout(weight.tensors.map(\.layout), outputs: outputs, inputs: inputs)
        let tensors = zip(weight.tensors, layouts).map { tensor, layout in
            let bytes = TensorBytes(tensor.storage)
            let storage: StoredBytes =
                switch layout.suffix {
                case "weight_packed": transposedCodes(bytes, rows: outputs, columns: inputs, bits: bits ?? 8)
                case "weight_zero_point": Self.zeros(bytes, tensor.layout.shape, outputs: outputs, bits: bits ?? 8)
                case "weight_shape": .shape(rows: inputs, columns: outputs)
                default:
                    transposedElements(
                        bytes, rows: tensor.layout.shape[0], columns: tensor.layout.shape[1],
                        byteCount: layout.type.bitCount / 8)
                }
            return StoredTensor(layout: layout, storage: storage)
        }
        return CompressedWeight(tensors: tensors, matrix: weight.matrix)
    }

    /// Zero points that are packed downwards, as signed bytes of groups × outputs.
    private static func zeros(_ packed: TensorBytes, _ shape: [Int], outputs: Int, bits: Int) -> StoredBytes {
        let streams = transposedElements(packed, rows: shape[0], columns: shape[1], byteCount: 4)
        let codes = unpackedCodes(TensorBytes(streams), rows: shape[1], columns: outputs, bits: bits)
        return shifted(TensorBytes(codes), by: UInt8(truncatingIfNeeded: -(1 << (bits - 1))))
    }

    /// Bytes to each of which a number is added, modulo 256.
    fileprivate static func shifted(_ bytes: TensorBytes, by offset: UInt8) -> StoredBytes {
        let result = StoredBytes(byteCount: bytes.count, zeroed: false)
        for index in 0..<bytes.count { result.store(bytes.number(UInt8.self, at: index) &+ offset, at: index) }
        return result
    }
}

extension QuantizationConfiguration {
    /// Whether a module's weight is stored as `Conv1DForm` has it.
    func isConv1D(_ module: ModuleTensors, _ scheme: Scheme) -> Bool {
        module.isTransposed && scheme.block != nil && module["weight_g_idx"] == nil
    }

    /// The weight of such a module in the usual form.
    func conv1D(_ module: ModuleTensors, _ scheme: Scheme) throws(CompressionError) -> any WeightMatrix {
        let scale = try module.tensor("weight_scale")
        let type = try ScaleType(of: scale)
        let packed = module["weight_packed"]
        let shape = try packed == nil ? module.tensor("weight", type: .float8E4M3).twoSizes() : module.weightShape()
        guard scheme.block?.last == 1 else { return try conv1DBlocks(module, scheme) }
        let (inputs, outputs, length) = (shape[0], shape[1], min(scheme.block?.first ?? shape[0], shape[0]))
        let groups = inputs / length
        guard inputs.isMultiple(of: length), scale.info.shape == [groups, outputs] else {
            throw .wrongShape(
                tensor: scale.info.name, found: scale.info.shape,
                expected: "[\(inputs) / \(length), \(outputs)], inputs in groups of \(length)")
        }
        let scales = transposedElements(TensorBytes(scale), rows: groups, columns: outputs, byteCount: type.byteCount)
        guard let packed else {
            let elements = transposedElements(
                TensorBytes(try module.tensor("weight")), rows: inputs, columns: outputs, byteCount: 1)
            return ScaledElementMatrix(
                rows: outputs, columns: inputs, element: .float(.float8E4M3), bytes: elements, scales: scales,
                scaleType: type, groupLength: length)
        }
        let (bits, words) = (scheme.bits, BitStream.wordCount(codes: outputs, bits: scheme.bits))
        guard packed.info.type == .int32, packed.info.shape == [inputs, words] else {
            throw .wrongShape(
                tensor: packed.info.name, found: packed.info.shape, expected: "[\(inputs), \(words)] of I32")
        }
        let codes = transposedCodes(TensorBytes(packed), rows: inputs, columns: outputs, bits: bits)
        return PackQuantizedMatrix(
            PackQuantizedGeometry(
                rows: outputs, columns: inputs, bits: bits, symmetric: scheme.symmetric, groupLength: length),
            packed: codes, scales: scales, scaleType: type,
            zeros: try zeros(module, scheme, groups: groups, outputs: outputs), groupIndex: nil)
    }

    /// A weight of 8-bit floats with a scale for each block of inputs and outputs.
    private func conv1DBlocks(_ module: ModuleTensors, _ scheme: Scheme) throws(CompressionError) -> any WeightMatrix {
        let (weight, scale) = (try module.tensor("weight", type: .float8E4M3), try module.tensor("weight_scale"))
        let (shape, type) = (try weight.twoSizes(), try ScaleType(of: scale))
        let layout = try ScaledElementMatrix.ScaleLayout(of: scale, for: weight, block: scheme.block)
        let blocks = scale.info.shape
        return ScaledElementMatrix(
            rows: shape[1], columns: shape[0], element: .float(.float8E4M3),
            bytes: transposedElements(TensorBytes(weight), rows: shape[0], columns: shape[1], byteCount: 1),
            scales: transposedElements(
                TensorBytes(scale), rows: blocks[0], columns: blocks[1], byteCount: type.byteCount),
            scaleType: type,
            layout: .init(rowLength: layout.columnLength, columnLength: layout.rowLength, perRow: blocks[0]))
    }

    /// Zero points packed downwards, as the usual form has them.
    private func zeros(
        _ module: ModuleTensors, _ scheme: Scheme, groups: Int, outputs: Int
    ) throws(CompressionError) -> StoredBytes? {
        guard !scheme.symmetric else {
            try module.expectZeros("weight_zero_point")
            return nil
        }
        let zeros = try module.tensor("weight_zero_point", type: .int8)
        guard zeros.info.shape == [groups, outputs] else {
            throw .wrongShape(tensor: zeros.info.name, found: zeros.info.shape, expected: "[\(groups), \(outputs)]")
        }
        let codes = Conv1DForm.shifted(TensorBytes(zeros), by: 1 << UInt8(scheme.bits - 1))
        let streams = packedCodes(TensorBytes(codes), rows: groups, columns: outputs, bits: scheme.bits)
        let words = BitStream.wordCount(codes: outputs, bits: scheme.bits)
        return transposedElements(TensorBytes(streams), rows: groups, columns: words, byteCount: 4)
    }
}
