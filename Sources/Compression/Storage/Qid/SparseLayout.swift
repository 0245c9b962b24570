import JSON
import Kernels

/// Weights of which some are left out: `weight` as in `MaskedGeometry`, with the keys `bits` and `symmetric` where values
/// are codes.
struct SparseLayout: QidCodedLayout {
    static let format: String? = "sparse"

    private let codes: QidCodes?

    init(_ object: JSONObject, _ reading: ConfigurationReading) throws(CompressionError) {
        codes = try QidCodes(object, reading)
    }

    var scheme: String { "qid-sparse" + (codes.map { "-w\($0.bits)" } ?? "") }

    func holds(_ module: ModuleTensors) -> Bool { module["weight_shape"] != nil }

    func matrix(_ module: ModuleTensors) throws(CompressionError) -> any WeightMatrix {
        try MaskedMatrix(module, "weight", codes)
    }
}
