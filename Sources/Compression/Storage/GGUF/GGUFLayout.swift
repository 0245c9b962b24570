import Checkpoint
import JSON
import Kernels

/// Weights in ggml's blocks: a GGUF file says of each tensor which.
struct GGUFLayout: StorageLayout {
    static let method = "gguf"

    let scheme: String

    init(_ object: JSONObject, _ reading: ConfigurationReading) throws(CompressionError) {
        guard let scheme = object["scheme"]?.string else {
            throw reading.invalid("\(reading.section).scheme", object["scheme"], "a string")
        }
        self.scheme = scheme
    }

    func holds(_ module: ModuleTensors) -> Bool { module["weight"]?.blocks != nil }

    func matrix(_ module: ModuleTensors) throws(CompressionError) -> any WeightMatrix {
        let tensor = try module.tensor("weight")
        guard let blocks = tensor.blocks else {
            throw .wrongType(tensor: tensor.info.name, found: tensor.info.type.rawValue, expected: "blocks of ggml")
        }
        return BlockMatrix(TensorBytes(tensor), blocks)
    }
}
