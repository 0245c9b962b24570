import Checkpoint
import JSON
import Kernels

/// The `quantization_config` of a checkpoint by AutoAWQ in its GEMM layout, and its weights.
///
/// | tensor | type | shape |
/// |---|---|---|
/// | `qweight` | I32 | inputs × outputs/8: `OutputPackedCodes` |
/// | `qzeros` | I32 | groups × outputs/8, packed alike; the zero points as they are |
/// | `scales` | F16, BF16, F32 | groups × outputs |
struct AWQCheckpoint: StorageLayout {
    static let method = "awq"

    /// Inputs that share a scale; nil for all of them.
    let groupLength: Int?

    init(_ object: JSONObject, _ reading: ConfigurationReading) throws(CompressionError) {
        _ = try reading.choice(object, object["bits"] == nil ? "w_bit" : "bits", from: [4])
        groupLength = try reading.groupLength(object, object["group_size"] == nil ? "q_group_size" : "group_size")
        let key = object["version"] == nil ? "format" : "version"
        _ = try reading.word(object, key, from: ["gemm"], default: "gemm")
        guard try reading.flag(object, "zero_point", default: true) else {
            throw reading.invalid("quantization_config.zero_point", false, "true, as the GEMM layout has zero points")
        }
    }

    var scheme: String { "awq-w4-" + Spec.Group(length: groupLength).description }

    func holds(_ module: ModuleTensors) -> Bool { module["qweight"] != nil }

    func matrix(_ module: ModuleTensors) throws(CompressionError) -> any WeightMatrix {
        let weight = try module.words("qweight")
        let (columns, words) = (weight.info.shape[0], weight.info.shape[1])
        let (rows, overflow) = words.multipliedReportingOverflow(by: 8)
        let length = min(groupLength ?? columns, columns)
        guard !overflow, columns > 0, rows > 0, columns.isMultiple(of: length) else {
            throw .wrongShape(
                tensor: weight.info.name, found: weight.info.shape,
                expected: "[inputs, outputs / 8], positive, with inputs in groups of \(length)")
        }
        let groups = columns / length
        let zeroTensor = try module.words("qzeros")
        guard zeroTensor.info.shape == [groups, words] else {
            throw .wrongShape(
                tensor: zeroTensor.info.name, found: zeroTensor.info.shape, expected: "[\(groups), \(words)]")
        }
        let scaleTensor = try module.tensor("scales")
        let scales = try GroupScales(scaleTensor, groups: groups, rows: rows)
        let zeroCodes = OutputPackedCodes(words: TensorBytes(zeroTensor), rows: rows)
        let zeros = (0..<groups * rows).map { UInt8(zeroCodes.code(row: $0 % rows, column: $0 / rows)) }
        return GroupedCodeMatrix(
            rows: rows, columns: columns, codes: OutputPackedCodes(words: TensorBytes(weight), rows: rows),
            scales: scales, zeros: zeros, groups: .consecutive(length: length))
    }
}
