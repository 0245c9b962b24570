import Checkpoint
import JSON
import Kernels

/// 8-bit floating-point numbers that compressed-tensors has not: `weight` F8_E5M2, rows × columns, and `weight_scale`
/// float, rows × groups.
struct Float8E5M2Layout: QidLayout {
    static let format: String? = "float-quantized"

    init(_ object: JSONObject, _ reading: ConfigurationReading) {}

    var scheme: String { "fp8-e5m2" }

    func holds(_ module: ModuleTensors) -> Bool { module["weight"]?.info.type == .float8E5M2 }

    func matrix(_ module: ModuleTensors) throws(CompressionError) -> any WeightMatrix {
        let weight = try module.tensor("weight", type: .float8E5M2)
        let (shape, scales) = (try weight.twoSizes(), try module.tensor("weight_scale"))
        let groups = try scales.groups(rows: shape[0], columns: shape[1])
        return ScaledElementMatrix(
            weight, element: .float(.float8E5M2), scales: scales, scaleType: try ScaleType(of: scales),
            scaleLayout: .init(rowLength: 1, columnLength: shape[1] / groups, perRow: groups), zeros: nil)
    }
}
