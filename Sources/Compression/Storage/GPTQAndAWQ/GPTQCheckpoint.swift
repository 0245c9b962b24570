import Checkpoint
import JSON
import Kernels

/// The `quantization_config` of a checkpoint by AutoGPTQ, GPTQModel or another tool of that layout, and its weights.
///
/// | tensor | type | shape |
/// |---|---|---|
/// | `qweight` | I32 | inputs·b/32 × outputs: `InputPackedCodes` |
/// | `qzeros` | I32 | groups × outputs·b/32: a group's zero points as a bit stream |
/// | `scales` | F16, BF16, F32 | groups × outputs |
/// | `g_idx` | I32 | inputs: each one's group; may be absent where groups are of consecutive inputs |
///
/// Checkpoints of format `gptq` store each zero point less 1, `gptq_v2` as it is. A word of stored zero points gets its
/// ones back in one addition, as in GPTQModel, which took them off in one subtraction: a zero point of 0 had borrowed
/// from its neighbour. Three bits, whose codes straddle words, are added to one by one, modulo 8.
struct GPTQCheckpoint: StorageLayout {
    static let method = "gptq"
    static let converted: String? = "qweight"

    let bits: Int
    /// Inputs that share a scale; nil for all of them.
    let groupLength: Int?
    let scattersGroups: Bool
    let zeroPointsAreLessOne: Bool
    /// Whether every zero point must be 2ᵇ⁻¹.
    let symmetric: Bool

    init(_ object: JSONObject, _ reading: ConfigurationReading) throws(CompressionError) {
        bits = try reading.choice(object, "bits", from: [2, 3, 4, 8])
        groupLength = try reading.groupLength(object, "group_size")
        scattersGroups = try reading.flag(object, "desc_act", default: false)
        let key = object["checkpoint_format"] == nil ? "format" : "checkpoint_format"
        zeroPointsAreLessOne = try reading.word(object, key, from: ["gptq", "gptq_v2"], default: "gptq") == "gptq"
        symmetric = try reading.flag(object, "sym", default: false)
        try reading.refuse(object, "is_marlin_format", "false: Marlin's layout is not read")
        try reading.refuse(object, "dynamic", "absent: every module must have the same bits and groups")
        _ = try reading.word(object, "pack_dtype", from: ["int32"], default: "int32")
    }

    var scheme: String { "gptq-w\(bits)-" + Spec.Group(length: groupLength).description }

    func holds(_ module: ModuleTensors) -> Bool { module["qweight"] != nil }

    func matrix(_ module: ModuleTensors) throws(CompressionError) -> any WeightMatrix {
        let weight = try module.words("qweight")
        let (words, rows) = (weight.info.shape[0], weight.info.shape[1])
        let (bitCount, overflow) = words.multipliedReportingOverflow(by: 32)
        guard !overflow, bitCount.isMultiple(of: bits), words > 0, rows > 0 else {
            throw .wrongShape(
                tensor: weight.info.name, found: weight.info.shape,
                expected: "[inputs · \(bits) / 32, outputs] with whole, positive sizes")
        }
        let columns = bitCount / bits
        let length = min(groupLength ?? columns, columns)
        let groups = (columns - 1) / length + 1
        let scaleTensor = try module.tensor("scales")
        let zeroTensor = try module.words("qzeros")
        let scales = try GroupScales(scaleTensor, groups: groups, rows: rows)
        let zeros = try zeros(zeroTensor, groups: groups, rows: rows)
        // Some versions of GPTQModel take other ones off words of three bits, which shows where they are known.
        if symmetric, bits == 3, zeroPointsAreLessOne, let other = zeros.first(where: { $0 != 4 }) {
            throw .invalidConfiguration(
                checkpoint: zeroTensor.info.name, key: "zero point", found: "\(other)",
                expected: "4, as quantization_config.sym is true")
        }
        return GroupedCodeMatrix(
            rows: rows, columns: columns,
            codes: InputPackedCodes(words: TensorBytes(weight), rows: rows, bits: bits), scales: scales,
            zeros: zeros,
            groups: try columnGroups(module, columns: columns, groups: groups, length: length))
    }

    private func columnGroups(
        _ module: ModuleTensors, columns: Int, groups: Int, length: Int
    ) throws(CompressionError) -> ColumnGroups {
        if let index = module["g_idx"] {
            return try ColumnGroups(listed: index, columns: columns, groups: groups, length: length)
        }
        guard !scattersGroups || groups == 1 else { throw module.missing("g_idx") }
        return .consecutive(length: length)
    }

    /// The zero points, groups × outputs.
    private func zeros(_ tensor: Tensor, groups: Int, rows: Int) throws(CompressionError) -> [UInt8] {
        let words = BitStream.wordCount(codes: rows, bits: bits)
        guard tensor.info.shape == [groups, words] else {
            throw .wrongShape(tensor: tensor.info.name, found: tensor.info.shape, expected: "[\(groups), \(words)]")
        }
        let wholeWords = zeroPointsAreLessOne && 32.isMultiple(of: bits)
        let ones: UInt32 = wholeWords ? .max / (1 << UInt32(bits) - 1) : 0
        let addend: UInt32 = zeroPointsAreLessOne && !wholeWords ? 1 : 0
        let mask: UInt32 = 1 << UInt32(bits) - 1
        return tensor.withBytes { bytes in
            var zeros: [UInt8] = []
            zeros.reserveCapacity(groups * rows)
            for group in 0..<groups {
                for row in 0..<rows {
                    let (word, shift) = (group * words + row * bits / 32, UInt32(row * bits % 32))
                    var code = (bytes.loadUnaligned(fromByteOffset: 4 * word, as: UInt32.self) &+ ones) &>> shift
                    if shift + UInt32(bits) > 32 {
                        code |= bytes.loadUnaligned(fromByteOffset: 4 * word + 4, as: UInt32.self) &<< (32 - shift)
                    }
                    zeros.append(UInt8(truncatingIfNeeded: (code & mask &+ addend) & mask))
                }
            }
            return zeros
        }
    }
}
