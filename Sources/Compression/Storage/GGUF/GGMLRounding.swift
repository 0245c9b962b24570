import Checkpoint
import GGUF
package import JSON
import Kernels

/// ggml's own rounding of rows to blocks, byte for byte.
///
/// Rows that blocks of a type do not divide take the type that llama-quantize falls back to (`GGMLType.fitting(columns:)`).
package struct GGMLRounding: SingleSpecCompressor {
    let format: BlockFormat
    /// The types of a mixture by the checkpoint's names of weights; empty until a checkpoint is known.
    private let types: [String: GGMLType]

    init(_ format: BlockFormat, types: [String: GGMLType] = [:]) { (self.format, self.types) = (format, types) }

    /// The type of a weight with rows of so many values; nil where llama.cpp knows none.
    func type(_ name: String, columns: Int) -> GGMLType? {
        types[name + ".weight"] ?? format.type.fitting(columns: columns)
    }

    package func layout(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> [StoredLayout] {
        let (rows, columns) = (layer.weight.rows, layer.weight.columns)
        guard let type = type(layer.name, columns: columns), let bytes = type.byteCount(weights: columns) else {
            throw .groupDoesNotDivide(
                tensor: layer.name, rowLength: columns, group: format.type.weightsPerBlock, allowed: [])
        }
        if type.importance == .required, !spec.options.importance {
            throw .missingKey(SpecKey.importance.name, allowed: "true: \(type.name) is not made without it")
        }
        return [StoredLayout(suffix: "weight", type: .uint8, shape: [rows, bytes])]
    }

    package func configuration(_ spec: Spec, ignored: [String]) -> JSONObject {
        JSONObject([.init(key: "quant_method", value: .string(GGUFLayout.method))])
    }

    package func compress(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> CompressedWeight {
        let layout = try layout(layer, spec)[0]
        let columns = layer.weight.columns
        guard let type = type(layer.name, columns: columns) else {
            preconditionFailure("a weight that has a layout has a type")
        }
        var importance: [Float]?
        if spec.options.importance {
            guard let found = layer.importance else { throw .missingCalibration(method: spec.name) }
            importance = found
        }
        let storage = try Self.blocks(layer, type, importance: importance)
        return CompressedWeight(
            tensors: [StoredTensor(layout: layout, storage: storage)],
            matrix: BlockMatrix(
                TensorBytes(storage), BlockForm(type: type, rows: layer.weight.rows, columns: columns, order: nil)))
    }

    /// The blocks of a weight, row after row.
    static func blocks(
        _ layer: LinearLayer, _ type: GGMLType, importance: [Float]?
    ) throws(CompressionError) -> StoredBytes {
        let bytesPerRow = type.byteCount(weights: layer.weight.columns) ?? 0
        let storage = StoredBytes(byteCount: layer.weight.rows * bytesPerRow, zeroed: false)
        try layer.forEachRow { (row, values) throws(CompressionError) in
            var memory = [UInt8](repeating: 0, count: bytesPerRow)
            var bytes = memory.mutableSpan
            do throws(BlockError) {
                if let importance {
                    try type.encode(values, importance: importance.span, into: &bytes)
                } else {
                    try type.encode(values, into: &bytes)
                }
            } catch { throw .blocks(tensor: layer.name, row: row, error) }
            storage.store(bytes.span, at: row * bytesPerRow)
        }
        return storage
    }
}

extension SpecKey {
    /// Errors weighed by the mean square of each input.
    package static let importance: SpecKey = .flag(
        "imatrix", summary: "Errors weighed by the mean square of each input in calibration (llama.cpp's imatrix)",
        label: SpecLabel("imatrix", words: "weighed by inputs", .procedure), \.importance,
        check: { (spec) throws(CompressionError) in
            switch spec.format.blocks {
            case .type(let type)? where type.importance == .ignored:
                throw SpecKey.importance.refusal(
                    "true", allowed: "left out for \(spec.numbers), which makes no use of it")
            case nil where spec.options.powersOfTwo:
                throw SpecKey.importance.refusal("true", allowed: "left out with powers_of_two")
            case nil where spec.method.keys.contains(.importance) && spec.format.foundLevels == nil:
                throw SpecKey.importance.refusal(
                    "true", allowed: "left out for formats that are neither a GGUF file's nor tables of levels")
            default: return
            }
        })
}
