import JSON
import Kernels

/// Products of two factors: `weight_left` (rows × rank) and `weight_right` (rank × columns) as in `MaskedGeometry`.
///
/// Modules that are given the same inputs may share the right factor: none but the first of them by name has it then.
struct LowRankLayout: QidCodedLayout {
    static let format: String? = "low-rank"

    private let codes: QidCodes?

    init(_ object: JSONObject, _ reading: ConfigurationReading) throws(CompressionError) {
        codes = try QidCodes(object, reading)
    }

    var scheme: String { "qid-low-rank" + (codes.map { "-w\($0.bits)" } ?? "") }

    func holds(_ module: ModuleTensors) -> Bool { module["weight_left_shape"] != nil }

    func matrix(_ module: ModuleTensors) throws(CompressionError) -> any WeightMatrix {
        let left = try MaskedMatrix(module, "weight_left", codes)
        var keeper = module
        if module["weight_right_shape"] == nil {
            keeper = ModuleTensors(
                name: module.stack.first ?? module.name, checkpoint: module.checkpoint, account: module.account)
        }
        let right = try MaskedMatrix(keeper, "weight_right", codes)
        guard right.rows == left.columns else {
            throw .wrongShape(
                tensor: "\(module.name).weight_left", found: [left.rows, left.columns],
                expected: "[\(left.rows), \(right.rows)] for the rank of '\(keeper.name).weight_right'")
        }
        return LowRankMatrix(left: left, right: right)
    }
}
