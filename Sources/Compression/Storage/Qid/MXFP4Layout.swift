import JSON
import Kernels

/// Microscaling's 4-bit floats where compressed-tensors has no place for them, whose blocks lie along rows: in modules that
/// are stored inputs by outputs (GPT-2).
///
/// The tensors are those of its `mxfp4-pack-quantized`.
struct MXFP4Layout: QidLayout {
    static let format: String? = QuantizationConfiguration.Format.mxfp4.rawValue

    init(_ object: JSONObject, _ reading: ConfigurationReading) {}

    var scheme: String { "mxfp4" }

    func holds(_ module: ModuleTensors) -> Bool { module["weight_packed"] != nil }

    func matrix(_ module: ModuleTensors) throws(CompressionError) -> any WeightMatrix { try MXMatrix(fp4: module) }
}
