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
        try MXMatrix(.int8, module)
    }
}
