import Checkpoint
import JSON
import Kernels

/// Codes of groups whose zero points are no whole numbers (`FloatZeroGeometry`), which HQQ finds.
struct FloatZeroLayout: QidLayout {
    static let format: String? = "float-zero-point"

    private let bits: Int

    init(_ object: JSONObject, _ reading: ConfigurationReading) throws(CompressionError) {
        bits = try reading.choice(object, "bits", from: Array(1...8))
    }

    /// The `quantization_config` of codes of so many bits.
    static func configuration(bits: Int, ignored: [String]) -> JSONObject {
        var members = JSONObject()
        members["bits"] = .integer(bits)
        return configuration(members, ignored: ignored)
    }

    var scheme: String { "float-zero-point-w\(bits)" }

    func holds(_ module: ModuleTensors) -> Bool { module["weight_packed"] != nil }

    func matrix(_ module: ModuleTensors) throws(CompressionError) -> any WeightMatrix {
        let packed = try module.words("weight_packed")
        let shape = try module.weightShape()
        let (scales, zeros) = (try module.tensor("weight_scale"), try module.tensor("weight_zero_point"))
        let groups = try scales.groups(rows: shape[0], columns: shape[1])
        let geometry = FloatZeroGeometry(
            rows: shape[0], columns: shape[1], bits: bits, groupLength: shape[1] / groups)
        guard packed.info.shape == [geometry.rows, geometry.wordsPerRow] else {
            throw .wrongShape(
                tensor: packed.info.name, found: packed.info.shape,
                expected: "[\(geometry.rows), \(geometry.wordsPerRow)]")
        }
        guard zeros.info.shape == scales.info.shape else {
            throw .wrongShape(tensor: zeros.info.name, found: zeros.info.shape, expected: "\(scales.info.shape)")
        }
        return FloatZeroMatrix(
            geometry, packed: TensorBytes(packed), scales: (TensorBytes(scales), try ScaleType(of: scales)),
            zeros: (TensorBytes(zeros), try ScaleType(of: zeros)))
    }
}

/// The sizes of one weight whose groups have zero points that are no whole numbers: w = (code − zero)·scale.
///
/// | tensor | type | shape |
/// |---|---|---|
/// | `weight_packed` | I32 | rows × ⌈columns·b/32⌉: a row's codes as a `BitStream` |
/// | `weight_scale` | float | rows × groups |
/// | `weight_zero_point` | float | rows × groups |
/// | `weight_shape` | I64 | 2: rows and columns |
struct FloatZeroGeometry: Sendable, Equatable {
    let rows: Int
    let columns: Int
    let bits: Int
    /// The weights of a row that share a scale; divides `columns`.
    let groupLength: Int

    init(rows: Int, columns: Int, bits: Int, groupLength: Int) {
        (self.rows, self.columns, self.bits, self.groupLength) = (rows, columns, bits, groupLength)
    }

    /// The sizes of a layer's weight under a spec, if its groups divide the rows.
    init(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) {
        self.init(
            rows: layer.weight.rows, columns: layer.weight.columns, bits: spec.codeBits,
            groupLength: try PackQuantizedGeometry.groupLength(layer, spec))
    }

    var groups: Int { columns / max(1, groupLength) }
    var wordsPerRow: Int { BitStream.wordCount(codes: columns, bits: bits) }

    func columns(of group: Int) -> Range<Int> { group * groupLength..<(group + 1) * groupLength }

    func layout(scaleType: ScaleType) -> [StoredLayout] {
        let type = scaleType.elementType
        return [
            StoredLayout(suffix: "weight_packed", type: .int32, shape: [rows, wordsPerRow]),
            StoredLayout(suffix: "weight_scale", type: type, shape: [rows, groups]),
            StoredLayout(suffix: "weight_zero_point", type: type, shape: [rows, groups]),
            StoredLayout(suffix: "weight_shape", type: .int64, shape: [2]),
        ]
    }
}
