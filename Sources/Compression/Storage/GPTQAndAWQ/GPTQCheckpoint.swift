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
///
/// `dynamic` has settings of their own for modules whose names match expressions.
struct GPTQCheckpoint: StorageLayout {
    static let method = "gptq"

    private let common: GPTQSettings
    private let dynamic: GPTQDynamic
    private let zeroPointsAreLessOne: Bool

    init(_ object: JSONObject, _ reading: ConfigurationReading) throws(CompressionError) {
        common = try GPTQSettings(object, reading)
        dynamic = try GPTQDynamic(object["dynamic"], common, reading)
        let key = object["checkpoint_format"] == nil ? "format" : "checkpoint_format"
        zeroPointsAreLessOne = try reading.word(object, key, from: ["gptq", "gptq_v2"], default: "gptq") == "gptq"
        try reading.refuse(object, "is_marlin_format", "false: Marlin's layout is not read")
        _ = try reading.word(object, "pack_dtype", from: ["int32"], default: "int32")
    }

    var scheme: String {
        "gptq-w\(common.bits)-" + Spec.Group(length: common.groupLength).description
            + (dynamic.hasSettings ? "-dynamic" : "")
    }

    func holds(_ module: ModuleTensors) -> Bool { module["qweight"] != nil }

    func matrix(_ module: ModuleTensors) throws(CompressionError) -> any WeightMatrix {
        let weight = try module.words("qweight")
        guard let settings = dynamic.settings(of: module.name, common) else {
            throw .invalidConfiguration(
                checkpoint: module.checkpoint.config.file, key: "quantization_config.dynamic",
                found: "leaving out '\(module.name)'", expected: "without it, as '\(weight.info.name)' is there")
        }
        let (bits, words, rows) = (settings.bits, weight.info.shape[0], weight.info.shape[1])
        let (bitCount, overflow) = words.multipliedReportingOverflow(by: 32)
        guard !overflow, bitCount.isMultiple(of: bits), words > 0, rows > 0 else {
            throw .wrongShape(
                tensor: weight.info.name, found: weight.info.shape,
                expected: "[inputs · \(bits) / 32, outputs] with whole, positive sizes")
        }
        let columns = bitCount / bits
        let length = min(settings.groupLength ?? columns, columns)
        let groups = (columns - 1) / length + 1
        let scales = try GroupScales(module.tensor("scales"), groups: groups, rows: rows)
        return GroupedCodeMatrix(
            rows: rows, columns: columns,
            codes: InputPackedCodes(words: TensorBytes(weight), rows: rows, bits: bits), scales: scales,
            zeros: try zeros(module.words("qzeros"), settings, groups: groups, rows: rows),
            groups: try columnGroups(module, settings, columns: columns, groups: groups, length: length))
    }

    private func columnGroups(
        _ module: ModuleTensors, _ settings: GPTQSettings, columns: Int, groups: Int, length: Int
    ) throws(CompressionError) -> ColumnGroups {
        if let index = module["g_idx"] {
            return try ColumnGroups(listed: index, columns: columns, groups: groups, length: length)
        }
        guard !settings.scattersGroups || groups == 1 else { throw module.missing("g_idx") }
        return .consecutive(length: length)
    }

    /// The zero points, groups × outputs.
    ///
    /// Those of symmetric codes are known: where others come out, the file is of the other format, whatever its
    /// configuration says, or by a version of GPTQModel that takes other ones off words of three bits.
    private func zeros(
        _ tensor: Tensor, _ settings: GPTQSettings, groups: Int, rows: Int
    ) throws(CompressionError) -> [UInt8] {
        let zeros = try storedZeros(tensor, bits: settings.bits, groups: groups, rows: rows)
        let expected = UInt8(1) << UInt8(settings.bits - 1)
        guard settings.symmetric, let other = zeros.first(where: { $0 != expected }) else { return zeros }
        throw .invalidConfiguration(
            checkpoint: tensor.info.name, key: "zero point", found: "\(other)",
            expected: "\(expected), as quantization_config.sym is true and checkpoint_format '"
                + (zeroPointsAreLessOne ? "gptq" : "gptq_v2") + "'")
    }

    private func storedZeros(
        _ tensor: Tensor, bits: Int, groups: Int, rows: Int
    ) throws(CompressionError) -> [UInt8] {
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
