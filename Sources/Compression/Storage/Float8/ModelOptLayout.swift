import Checkpoint
import JSON
import Kernels

/// 8-bit floats as NVIDIA's ModelOpt exports them under the `quant_algo` `FP8`: `weight` F8_E4M3, one `weight_scale`, and
/// the `input_scale` by which its kernels round inputs.
///
/// As with other 8-bit floats (``FineGrainedFloat8Layout``) the inputs stay as they are here.
struct ModelOptLayout: StorageLayout {
    static let method = "modelopt"

    init(_ object: JSONObject, _ reading: ConfigurationReading) throws(CompressionError) {
        guard object["quant_algo"] == "FP8" else {
            throw reading.invalid("\(reading.section).quant_algo", object["quant_algo"], "'FP8'")
        }
    }

    var scheme: String { "modelopt-fp8" }

    func holds(_ module: ModuleTensors) -> Bool { module["weight"]?.info.type == .float8E4M3 }

    func matrix(_ module: ModuleTensors) throws(CompressionError) -> any WeightMatrix {
        _ = module["input_scale"]
        return try ScaledElementMatrix(float8: module, scales: module.tensor("weight_scale"), block: nil)
    }
}
