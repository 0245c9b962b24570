import Checkpoint
import JSON
import Kernels

/// Codes that name levels of tables (`CodebookGeometry`).
struct CodebookLayout: QidLayout {
    static let format: String? = "levels"

    private let count: Int
    private let vector: Int

    init(_ object: JSONObject, _ reading: ConfigurationReading) throws(CompressionError) {
        func whole(_ key: String, _ range: ClosedRange<Int>) throws(CompressionError) -> Int {
            guard let value = object[key]?.int, range.contains(value) else {
                throw reading.invalid(
                    "quantization_config.\(key)", object[key],
                    "a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
        (count, vector) = (try whole("levels", 2...256), try whole("vector", 1...256))
    }

    /// The `quantization_config` of tables of so many levels, each of so many weights.
    static func configuration(levels: Int, vector: Int, ignored: [String]) -> JSONObject {
        var members = JSONObject()
        members["levels"] = .integer(levels)
        members["vector"] = .integer(vector)
        return configuration(members, ignored: ignored)
    }

    var scheme: String { "levels-k\(count)" + (vector > 1 ? "v\(vector)" : "") }

    func holds(_ module: ModuleTensors) -> Bool { module["weight_packed"] != nil }

    func matrix(_ module: ModuleTensors) throws(CompressionError) -> any WeightMatrix {
        let packed = try module.tensor("weight_packed")
        let shape = try module.weightShape()
        let (rows, columns) = (shape[0], shape[1])
        let levels = try module.tensor("weight_levels")
        let scales = module["weight_scale"]
        let ofGroups = levels.info.shape.count == 3
        let groups =
            try ofGroups
            ? levels.info.shape[1]
            : scales.map { scales throws(CompressionError) in
                try scales.groups(rows: rows, columns: columns)
            } ?? 1
        guard groups > 0, columns.isMultiple(of: groups), (columns / groups).isMultiple(of: vector) else {
            throw .wrongShape(
                tensor: (ofGroups ? levels : scales ?? levels).info.name,
                found: (ofGroups ? levels : scales ?? levels).info.shape,
                expected: "groups that divide \(columns) columns into multiples of \(vector)")
        }
        let geometry = CodebookGeometry(
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
        return CodebookMatrix(
            geometry, packed: TensorBytes(packed), levels: (TensorBytes(levels), try ScaleType(of: levels)),
            scales: try used.map { scales throws(CompressionError) in
                (TensorBytes(scales), try ScaleType(of: scales))
            },
            outliers: try OutlierEntries(module, rows: rows, columns: columns))
    }
}
