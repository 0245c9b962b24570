import FoundationEssentials
import JSON
import System

/// The `hf_quant_config.json` in which exports by NVIDIA's ModelOpt say how weights are quantized.
///
/// It holds `{"quantization": {"quant_algo": "FP8", …}}`; older exports say it nowhere else.
struct ModelOptExport {
    private static let fileName = "hf_quant_config.json"
    private static let key = "quantization"

    /// The object as a `quantization_config` would have it, with a `quant_method`.
    let quantization: JSONObject
    let source: ModelConfiguration.Source

    /// Nil where there is no such file, or it quantizes no weights.
    init?(directory: URL) throws(CheckpointError) {
        let location = directory.appending(path: Self.fileName)
        let bytes = try CheckpointError.attempt { () throws(SystemError) -> [UInt8]? in
            try exists(location) ? readFile(location, limit: ModelConfiguration.byteLimit) : nil
        }
        guard let bytes else { return nil }
        let file = location.path(percentEncoded: false)
        guard let value = try ModelConfiguration.object(bytes, file: file)[Self.key], value != .null else { return nil }
        guard var object = value.object else {
            throw .wrongValue(file: file, key: Self.key, found: value.canonicalText, expected: "an object")
        }
        guard let algorithm = object["quant_algo"], algorithm != .null else { return nil }
        object["quant_method"] = "modelopt"
        quantization = object
        source = ModelConfiguration.Source(file: file, key: Self.key)
    }
}
