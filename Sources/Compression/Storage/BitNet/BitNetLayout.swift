import JSON
import Kernels

/// Ternary weights as transformers packs BitNet's.
///
/// The model itself reads them, because their inputs are quantized as well: here all modules count as plain.
struct BitNetLayout: StorageLayout {
    static let method = "bitnet"
    static let convertsWeights = false

    init(_ object: JSONObject, _ reading: ConfigurationReading) {}

    var scheme: String { "bitnet-w1.58-a8" }

    func holds(_ module: ModuleTensors) -> Bool { false }

    func matrix(_ module: ModuleTensors) throws(CompressionError) -> any WeightMatrix { throw module.missing("weight") }
}
