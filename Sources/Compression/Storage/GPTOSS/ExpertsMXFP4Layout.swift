import Checkpoint
import JSON
import Kernels

/// Experts as GPT-OSS is published: MXFP4 in blocks of 16 bytes, `weight_blocks` [outputs, blocks, 16] and
/// `weight_scales` [outputs, blocks], whatever the order in which a plain weight is stored.
struct ExpertsMXFP4Layout: StorageLayout {
    static let method = "mxfp4"

    init(_ object: JSONObject, _ reading: ConfigurationReading) {}

    var scheme: String { "mxfp4" }

    func holds(_ module: ModuleTensors) -> Bool { module["weight_blocks"] != nil }

    func matrix(_ module: ModuleTensors) throws(CompressionError) -> any WeightMatrix {
        let blocks = try module.tensor("weight_blocks", type: .uint8)
        let shape = blocks.info.shape
        guard shape.count == 3, shape[2] == MXFormat.block / 2 else {
            throw .wrongShape(tensor: blocks.info.name, found: shape, expected: "[outputs, blocks, 16]")
        }
        let scales = try module.tensor("weight_scales", type: .uint8)
        return try MXMatrix(
            .fp4, blocks, rows: shape[0], columns: shape[1] * MXFormat.block,
            scales: scales)
    }
}
