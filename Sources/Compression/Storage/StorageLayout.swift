import Checkpoint
import JSON
import Kernels

/// How compressed weights lie in a checkpoint, as its `quantization_config` says.
///
/// Modules that were not converted have a plain `weight` in each layout, so no list of such modules is needed. Each
/// layout has a room of its own, with what writes it, what reads it and the matrix that decodes it; ``StorageLayouts``
/// lists them.
protocol StorageLayout: Sendable {
    /// The `quant_method` of configurations.
    static var method: String { get }
    /// The configuration's `format`, where several layouts share a method.
    static var format: String? { get }
    /// Whether weights are stored in a form of this layout's own, so that some must be, if the checkpoint was converted.
    static var convertsWeights: Bool { get }

    /// Reads a configuration of this method and format.
    init(_ object: JSONObject, _ reading: ConfigurationReading) throws(CompressionError)

    /// What a law calls models that are stored so: `gptq-w4-g128`.
    var scheme: String { get }

    /// Whether a module's weight is stored so, and is not a plain one.
    func holds(_ module: ModuleTensors) -> Bool

    /// The weight of a module that is.
    func matrix(_ module: ModuleTensors) throws(CompressionError) -> any WeightMatrix

    /// How the inputs of a module are quantized, given what the configuration says of all of them.
    func inputs(of module: String, common: InputActivations?) -> InputActivations?
}

extension StorageLayout {
    static var format: String? { nil }
    static var convertsWeights: Bool { true }
    func inputs(of module: String, common: InputActivations?) -> InputActivations? { common }
}

/// All layouts that are read.
enum StorageLayouts {
    static let all: [any StorageLayout.Type] =
        [
            QuantizationConfiguration.self, GPTQCheckpoint.self, AWQCheckpoint.self, BitsAndBytesLayout.self,
            BitNetLayout.self, FineGrainedFloat8Layout.self, ModelOptLayout.self, SparseLayout.self, LowRankLayout.self,
            CodebookLayout.self, FloatZeroLayout.self, MXInt8Layout.self, Float8E5M2Layout.self,
            MixedLayout.self, ExpertsMXFP4Layout.self, GGUFLayout.self,
        ] + rowBlocks

    /// Those of formats whose blocks lie along rows, for modules stored inputs by outputs.
    static let rowBlocks: [any RowBlockLayout.Type] = [
        MXFP4Layout.self, MXFP6Layout.self, MXFP8Layout.self, NVFP4Layout.self,
    ]

    /// The layout of a checkpoint; nil for one whose weights are plain.
    static func layout(of config: ModelConfiguration) throws(CompressionError) -> (any StorageLayout)? {
        guard let value = config.quantization, value != .null else { return nil }
        let reading = ConfigurationReading(config)
        return try layout(reading.object(value, reading.section), reading)
    }

    /// The layout that a configuration names.
    static func layout(
        _ object: JSONObject, _ reading: ConfigurationReading
    ) throws(CompressionError) -> any StorageLayout {
        let method = method(object)
        let ofMethod = all.filter { $0.method == method }
        guard !ofMethod.isEmpty else {
            var methods: [String] = []
            for layout in all where !methods.contains("'\(layout.method)'") { methods.append("'\(layout.method)'") }
            throw reading.invalid(
                "\(reading.section).quant_method", object["quant_method"],
                methods.dropLast().joined(separator: ", ") + " or " + methods.suffix(1).joined())
        }
        let format = object["format"]?.string
        guard let layout = ofMethod.first(where: { $0.format == nil || $0.format == format }) else {
            throw reading.invalid(
                "\(reading.section).format", object["format"],
                ofMethod.compactMap { $0.format }.map { "'\($0)'" }.oneOf)
        }
        return try layout.init(object, reading)
    }

    /// The method's name; bitsandbytes' older configurations have only its flags.
    private static func method(_ object: JSONObject) -> String? {
        if let method = object["quant_method"] { return method.string }
        return object["load_in_4bit"] == true || object["load_in_8bit"] == true ? BitsAndBytesLayout.method : nil
    }
}
