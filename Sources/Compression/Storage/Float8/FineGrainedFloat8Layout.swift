import Checkpoint
import JSON
import Kernels

/// 8-bit floats with a scale for each block, as DeepSeek and transformers' `FineGrainedFP8Config` store them, or one for a
/// weight.
///
/// | tensor | type | shape |
/// |---|---|---|
/// | `weight` | F8_E4M3 | rows × columns |
/// | `weight_scale_inv` or `weight_scale` | F32, F16, BF16 | ⌈rows/r⌉ × ⌈columns/c⌉ for `weight_block_size` [r, c]; else one |
/// | `input_scale` or `activation_scale` | float | one, under the `activation_scheme` `static` |
///
/// w = element·scale, in float32; an inverse scale multiplies like the others. That the kernels for such weights round
/// inputs as well is no property of the stored weight: here, as in transformers on a CPU, inputs stay as they are.
struct FineGrainedFloat8Layout: StorageLayout {
    static let method = "fp8"

    /// Rows and columns of the blocks that share a scale; nil where a weight has one.
    private let block: [Int]?
    private let hasInputScales: Bool

    init(_ object: JSONObject, _ reading: ConfigurationReading) throws(CompressionError) {
        block = try reading.blockSize(object["weight_block_size"], "\(reading.section).weight_block_size")
        let scheme = try reading.word(object, "activation_scheme", from: ["dynamic", "static"], default: "dynamic")
        hasInputScales = scheme == "static"
        _ = try reading.word(object, "fmt", from: ["e4m3"], default: "e4m3")
        _ = try reading.word(object, "scale_fmt", from: ["float"], default: "float")
    }

    var scheme: String { Self.method }

    func holds(_ module: ModuleTensors) -> Bool { module["weight"]?.info.type == .float8E4M3 }

    func matrix(_ module: ModuleTensors) throws(CompressionError) -> any WeightMatrix {
        // Read so that they are accounted for: what they say is used by kernels that round inputs.
        if hasInputScales { _ = [module["input_scale"], module["activation_scale"]] }
        return try ScaledElementMatrix(float8: module, scales: module.weightScales(), block: block)
    }
}

extension ScaledElementMatrix {
    /// An F8_E4M3 weight with the scales of its blocks, or one.
    init(float8 module: ModuleTensors, scales: Tensor, block: [Int]?) throws(CompressionError) {
        let weight = try module.tensor("weight", type: .float8E4M3)
        _ = try weight.twoSizes()
        self.init(
            weight, element: .float(.float8E4M3), scales: scales, scaleType: try ScaleType(of: scales),
            scaleLayout: try ScaleLayout(of: scales, for: weight, block: block), zeros: nil)
    }
}
