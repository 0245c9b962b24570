import Checkpoint
import JSON
import Kernels

/// The layouts of our own, for what no other tool has one: `"quant_method": "qid"` and a `format`.
///
/// | format | tensors |
/// |---|---|
/// | `levels` | see `LevelGeometry` |
/// | `mxint8` | `weight` I8, rows × columns; `weight_scale` U8, rows × columns/32 (see `MXMatrix`) |
/// | `float-quantized` | `weight` F8_E5M2, rows × columns; `weight_scale` float, rows × groups |
enum LevelForm: Sendable, Equatable {
    case levels(Int, vector: Int)
    case mxint8
    case float8

    private var name: String {
        switch self {
        case .levels: "levels"
        case .mxint8: "mxint8"
        case .float8: "float-quantized"
        }
    }

    /// What a law calls models that are stored so.
    var scheme: String {
        switch self {
        case .levels(let count, let vector): "levels-k\(count)" + (vector > 1 ? "v\(vector)" : "")
        case .mxint8: "mxint8"
        case .float8: "fp8-e5m2"
        }
    }

    /// The object to put into `config.json`.
    func json(ignored: [String]) -> JSONObject {
        var config = JSONObject()
        config["quant_method"] = .string(OwnForm.methodName)
        config["format"] = .string(name)
        if case .levels(let count, let vector) = self {
            config["levels"] = .integer(count)
            config["vector"] = .integer(vector)
        }
        config["ignore"] = .array(ignored.map { .string($0) })
        return config
    }

    /// The formats that this type reads, as `OwnForm` does the others.
    static let names = ["levels", "mxint8", "float-quantized"]

    static func isNamed(by object: JSONObject) -> Bool { names.contains(object["format"]?.string ?? "") }

    init(_ object: JSONObject, _ reading: ConfigurationReading) throws(CompressionError) {
        switch object["format"]?.string {
        case "mxint8": self = .mxint8
        case "float-quantized": self = .float8
        case "levels":
            func whole(_ key: String, _ range: ClosedRange<Int>) throws(CompressionError) -> Int {
                guard let value = object[key]?.int, range.contains(value) else {
                    throw reading.invalid(
                        "quantization_config.\(key)", object[key],
                        "a whole number from \(range.lowerBound) to \(range.upperBound)")
                }
                return value
            }
            self = .levels(try whole("levels", 2...256), vector: try whole("vector", 1...256))
        default:
            throw reading.invalid(
                "quantization_config.format", object["format"], "'levels', 'mxint8' or 'float-quantized'")
        }
    }

    /// The weight of a module in this form; nil for a plain one.
    func matrix(_ module: ModuleTensors) throws(CompressionError) -> (any WeightMatrix)? {
        switch self {
        case .levels(let count, let vector): return try levels(module, count, vector)
        case .mxint8: return try mxint8(module)
        case .float8: return try float8(module)
        }
    }

    private func mxint8(_ module: ModuleTensors) throws(CompressionError) -> (any WeightMatrix)? {
        guard let weight = module["weight"], weight.info.type == .int8 else { return nil }
        let shape = try Self.twoSizes(weight)
        return try MXMatrix(.int8, weight, rows: shape[0], columns: shape[1], scales: module.tensor("weight_scale"))
    }

    private func float8(_ module: ModuleTensors) throws(CompressionError) -> (any WeightMatrix)? {
        guard let weight = module["weight"], weight.info.type == .float8E5M2 else { return nil }
        let (shape, scales) = (try Self.twoSizes(weight), try module.tensor("weight_scale"))
        let groups = try Self.groups(scales, rows: shape[0], columns: shape[1])
        return ScaledElementMatrix(
            weight, element: .float(.float8E5M2), scales: scales, scaleType: try ScaleType(of: scales),
            scaleLayout: .init(rowLength: 1, columnLength: shape[1] / groups, perRow: groups), zeros: nil)
    }

    private func levels(
        _ module: ModuleTensors, _ count: Int, _ vector: Int
    ) throws(CompressionError) -> (any WeightMatrix)? {
        guard let packed = module["weight_packed"] else { return nil }
        let shape = try module.weightShape()
        let (rows, columns) = (shape[0], shape[1])
        let levels = try module.tensor("weight_levels")
        let scales = module["weight_scale"]
        let ofGroups = levels.info.shape.count == 3
        let groups =
            try ofGroups
            ? levels.info.shape[1]
            : scales.map { scales throws(CompressionError) in
                try Self.groups(scales, rows: rows, columns: columns)
            } ?? 1
        guard groups > 0, columns.isMultiple(of: groups), (columns / groups).isMultiple(of: vector) else {
            throw .wrongShape(
                tensor: (ofGroups ? levels : scales ?? levels).info.name,
                found: (ofGroups ? levels : scales ?? levels).info.shape,
                expected: "groups that divide \(columns) columns into multiples of \(vector)")
        }
        let geometry = LevelGeometry(
            rows: rows, columns: columns, levels: count, vector: vector, groupLength: columns / groups,
            table: ofGroups ? .ofGroups : scales == nil ? .plain : .scaled)
        guard levels.info.shape == geometry.tableShape, !ofGroups || vector == 1 else {
            throw .wrongShape(
                tensor: levels.info.name, found: levels.info.shape,
                expected: "[\(count), \(vector)]" + (vector == 1 ? " or [\(rows), groups, \(count)]" : ""))
        }
        _ = try module.tensor("weight_packed", type: geometry.stream.wordType)
        guard packed.info.shape == [rows, geometry.wordsPerRow] else {
            throw .wrongShape(
                tensor: packed.info.name, found: packed.info.shape, expected: "[\(rows), \(geometry.wordsPerRow)]")
        }
        let used = ofGroups ? nil : scales
        return LevelMatrix(
            geometry, packed: TensorBytes(packed), levels: (TensorBytes(levels), try ScaleType(of: levels)),
            scales: try used.map { scales throws(CompressionError) in
                (TensorBytes(scales), try ScaleType(of: scales))
            })
    }

    private static func twoSizes(_ tensor: Tensor) throws(CompressionError) -> [Int] {
        let shape = tensor.info.shape
        guard shape.count == 2, shape.allSatisfy({ $0 > 0 }) else {
            throw .wrongShape(tensor: tensor.info.name, found: shape, expected: "two sizes above 0")
        }
        return shape
    }

    /// The groups of a row by the shape of the scales.
    private static func groups(_ scales: Tensor, rows: Int, columns: Int) throws(CompressionError) -> Int {
        let shape = scales.info.shape
        guard shape.count == 2, shape[0] == rows, shape[1] > 0, columns.isMultiple(of: shape[1]) else {
            throw .wrongShape(
                tensor: scales.info.name, found: shape,
                expected: "[\(rows), groups] with groups that divide \(columns) columns")
        }
        return shape[1]
    }
}

extension MXMatrix {
    /// Takes a module's tensors, which must have the shapes that the format asks for.
    init(
        _ format: MXFormat, _ elements: Tensor, rows: Int, columns: Int, scales: Tensor
    ) throws(CompressionError) {
        let expected = [rows, columns / MXFormat.block]
        guard columns.isMultiple(of: MXFormat.block), scales.info.shape == expected else {
            throw .wrongShape(
                tensor: scales.info.name, found: scales.info.shape, expected: "[\(rows), \(columns)/32]")
        }
        guard scales.info.type == .uint8 else {
            throw .wrongType(tensor: scales.info.name, found: scales.info.type.rawValue, expected: "U8")
        }
        self.init(
            format, rows: rows, columns: columns, elements: TensorBytes(elements), exponents: TensorBytes(scales))
    }
}
