import Checkpoint
import JSON
import Kernels

/// Microscaling's 8-bit integers: `weight` I8, rows × columns, and `weight_scale` U8, rows × columns/32 (`MXMatrix`).
struct MXInt8Layout: QidLayout {
    static let format: String? = "mxint8"

    init(_ object: JSONObject, _ reading: ConfigurationReading) {}

    var scheme: String { "mxint8" }

    func holds(_ module: ModuleTensors) -> Bool { module["weight"]?.info.type == .int8 }

    func matrix(_ module: ModuleTensors) throws(CompressionError) -> any WeightMatrix {
        let weight = try module.tensor("weight", type: .int8)
        let shape = try weight.twoSizes()
        return try MXMatrix(.int8, weight, rows: shape[0], columns: shape[1], scales: module.tensor("weight_scale"))
    }
}
