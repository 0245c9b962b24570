import FoundationEssentials
import JSON

/// A tensor as one piece of a weight that may be stored in compressed form.
///
/// | form | pieces beside a module's name | parameters |
/// |---|---|---|
/// | plain | `weight`, `bias` | elements |
/// | compressed-tensors, packed | `weight_packed`, `weight_shape`, `weight_scale`, `weight_zero_point`, `weight_g_idx` | the product of the values of `weight_shape`; without one, two per byte |
/// | compressed-tensors, sparse | `weight.compressed`, `weight.bitmask`, `weight.shape`, … | the product of `weight.shape` |
/// | compressed-tensors, int or float | `weight`, `weight_scale`, … | elements of `weight` |
/// | GPTQ, AWQ | `qweight`, `qzeros`, `scales`, `g_idx` | elements of `qweight` × 32 / bits |
/// | bitsandbytes, 4 bits | `weight`, `weight.absmax`, `weight.quant_map`, `weight.quant_state.bitsandbytes__nf4`, … | the shape in the quant state |
/// | bitsandbytes, 8 bits | `weight`, `SCB`, `weight_format` | elements of `weight` |
/// | BitNet, packed | `weight` (U8), `weight_scale` | four per byte |
struct StoredWeight {
    private let tensor: Tensor
    private let checkpoint: Checkpoint
    /// The name without its last component.
    private let module: String
    private let piece: String

    init(_ tensor: Tensor, of checkpoint: Checkpoint) {
        self.tensor = tensor
        self.checkpoint = checkpoint
        let components = tensor.info.name.split(separator: ".", omittingEmptySubsequences: false)
        piece = components.last.map(String.init) ?? ""
        module = components.dropLast().joined(separator: ".")
    }

    /// The parameters this tensor stands for: none for what only helps to decompress another one.
    func parameterCount() throws(CheckpointError) -> Int {
        switch piece {
        case "weight_packed":
            if let shape = checkpoint.tensors[module + ".weight_shape"] { return try product(of: shape) }
            return try scaled(by: tensor.info.type == .uint8 ? 2 : 1)
        case "compressed":
            guard let shape = checkpoint.tensors[module + ".shape"] else { return tensor.info.elementCount }
            return try product(of: shape)
        case "qweight": return try quantized()
        case "weight": return try plain()
        default: return Self.isHelper(piece, module: module, in: checkpoint) ? 0 : tensor.info.elementCount
        }
    }

    private func plain() throws(CheckpointError) -> Int {
        let states = ["nf4", "fp4"].lazy.compactMap {
            checkpoint.tensors["\(tensor.info.name).quant_state.bitsandbytes__\($0)"]
        }
        if let state = states.first { return try product(ofState: state) }
        let isBitNet = tensor.info.type == .uint8 && checkpoint.tensors[module + ".weight_scale"] != nil
        return isBitNet ? try scaled(by: 4) : tensor.info.elementCount
    }

    /// 32-bit words hold 32 / bits codes each; three bits straddle words, but the whole still comes out even.
    private func quantized() throws(CheckpointError) -> Int {
        guard let section = try checkpoint.config.section("quantization_config") else {
            throw .missingKey(
                file: checkpoint.config.file, key: "quantization_config",
                expected: "an object with the bits of '\(tensor.info.name)'")
        }
        let bits = try section.count("bits", "w_bit")
        guard (1...32).contains(bits) else { throw section.wrong("bits", expected: "from 1 to 32") }
        return try scaled(by: 32) / bits
    }

    private func scaled(by factor: Int) throws(CheckpointError) -> Int {
        let (count, overflow) = tensor.info.elementCount.multipliedReportingOverflow(by: factor)
        guard !overflow else { throw wrong(tensor, "fewer elements") }
        return count
    }

    /// The product of a small tensor's values, which are another tensor's sizes.
    private func product(of shape: Tensor) throws(CheckpointError) -> Int {
        guard [.int64, .int32].contains(shape.info.type), shape.info.elementCount <= 8 else {
            throw wrong(shape, "at most 8 sizes of type I64 or I32")
        }
        let sizes = shape.withBytes { bytes in
            (0..<shape.info.elementCount).map { index in
                shape.info.type == .int64
                    ? Int(bytes.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self))
                    : Int(bytes.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self))
            }
        }
        return try product(sizes, of: shape)
    }

    /// The product of the sizes in a bitsandbytes quant state, which is JSON stored as bytes.
    private func product(ofState state: Tensor) throws(CheckpointError) -> Int {
        let text = state.withBytes { Array($0) }
        guard let sizes = try? JSONValue(parsing: text).object?["shape"]?.array?.map(\.int),
            !sizes.contains(nil)
        else { throw wrong(state, "a JSON object with the 'shape' of the weight") }
        return try product(sizes.compactMap(\.self), of: state)
    }

    private func product(_ sizes: [Int], of source: Tensor) throws(CheckpointError) -> Int {
        guard let count = TensorInfo.byteCount(type: .uint8, shape: sizes), sizes.allSatisfy({ $0 >= 0 }) else {
            throw wrong(source, "sizes from 0 up whose product is below 2^60")
        }
        return count
    }

    private func wrong(_ tensor: Tensor, _ expected: String) -> CheckpointError {
        .wrongTensor(
            directory: checkpoint.directory.path(percentEncoded: false), tensor: tensor.info.name,
            found: "\(tensor.info.type.rawValue) \(tensor.info.shape)", expected: expected)
    }

    /// Whether a piece only helps to decompress the weight it lies beside.
    private static func isHelper(_ piece: String, module: String, in checkpoint: Checkpoint) -> Bool {
        switch piece {
        case "weight_scale", "weight_zero_point", "weight_shape", "weight_g_idx", "weight_global_scale",
            "input_scale", "input_zero_point", "input_global_scale", "output_scale", "output_zero_point",
            "k_scale", "v_scale":
            true
        case "qzeros", "scales", "g_idx": checkpoint.tensors[module + ".qweight"] != nil
        case "bitmask", "row_offsets", "shape": checkpoint.tensors[module + ".compressed"] != nil
        case "SCB", "weight_format": checkpoint.tensors[module + ".weight"] != nil
        case "absmax", "quant_map", "nested_absmax", "nested_quant_map": checkpoint.tensors[module] != nil
        default: piece.hasPrefix("bitsandbytes__")
        }
    }
}
