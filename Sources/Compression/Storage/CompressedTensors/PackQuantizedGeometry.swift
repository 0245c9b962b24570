import Checkpoint
import Kernels

/// The sizes of one weight in compressed-tensors' `pack-quantized` layout.
///
/// | tensor | type | shape |
/// |---|---|---|
/// | `weight_packed` | I32 | rows × ⌈columns·b/32⌉: a row's codes as a `BitStream` |
/// | `weight_scale` | 16-bit float | rows × groups |
/// | `weight_zero_point` | I32 | ⌈rows·b/32⌉ × groups: a column's codes as a bit stream downwards; asymmetric only |
/// | `weight_shape` | I64 | 2: rows and columns |
/// | `weight_g_idx` | I32 | columns: each one's group, where groups are not of consecutive columns |
///
/// A code of the file is the unsigned q of `UniformGrid`: compressed-tensors' signed code plus 2ᵇ⁻¹.
struct PackQuantizedGeometry: Sendable, Equatable {
    let rows: Int
    let columns: Int
    let bits: Int
    let symmetric: Bool
    /// The weights of a row that share a scale; divides `columns`.
    let groupLength: Int
    /// Whether groups are of columns that lie apart (GPTQ with `act_order`), as `weight_g_idx` says.
    let scattered: Bool

    var groups: Int { columns / max(1, groupLength) }
    var wordsPerRow: Int { BitStream.wordCount(codes: columns, bits: bits) }
    var zeroWordRows: Int { BitStream.wordCount(codes: rows, bits: bits) }
    var top: Int32 { Int32(1) << Int32(bits) - 1 }
    var symmetricZero: Int32 { Int32(1) << Int32(bits - 1) }

    init(rows: Int, columns: Int, bits: Int, symmetric: Bool, groupLength: Int, scattered: Bool = false) {
        self.rows = rows
        self.columns = columns
        self.bits = bits
        self.symmetric = symmetric
        self.groupLength = groupLength
        self.scattered = scattered
    }

    /// The sizes of a weight under a spec whose groups divide the rows.
    init(_ spec: Spec, rows: Int, columns: Int) {
        let length = spec.group.length(rowLength: columns) ?? columns
        self.init(
            rows: rows, columns: columns, bits: spec.codeBits, symmetric: spec.symmetric, groupLength: length,
            scattered: spec.options.actOrder && length < columns)
    }

    /// The sizes of a layer's weight under a spec, if its groups divide the rows.
    init(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) {
        _ = try Self.groupLength(layer, spec)
        self.init(spec, rows: layer.weight.rows, columns: layer.weight.columns)
    }

    /// The weights of a row that share a scale, if they divide it.
    static func groupLength(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> Int {
        let columns = layer.weight.columns
        if let length = spec.group.length(rowLength: columns) { return length }
        guard case .size(let size) = spec.group else { return columns }
        throw .groupDoesNotDivide(
            tensor: layer.name, rowLength: columns, group: size, allowed: usefulDivisors(of: columns))
    }

    /// The group sizes from 8 up, at most sixteen, that divide a row; all of them where there is none.
    static func usefulDivisors(of length: Int) -> [Int] {
        let divisors = (2...max(2, min(length, 1024))).filter { length.isMultiple(of: $0) }
        let useful = divisors.filter { $0 >= 8 }
        return Array((useful.isEmpty ? divisors : useful).prefix(16))
    }

    func layout(scaleType: ScaleType) -> [StoredLayout] {
        var tensors = [
            StoredLayout(suffix: "weight_packed", type: .int32, shape: [rows, wordsPerRow]),
            StoredLayout(suffix: "weight_scale", type: scaleType.elementType, shape: [rows, groups]),
        ]
        if !symmetric {
            tensors.append(StoredLayout(suffix: "weight_zero_point", type: .int32, shape: [zeroWordRows, groups]))
        }
        tensors.append(StoredLayout(suffix: "weight_shape", type: .int64, shape: [2]))
        if scattered { tensors.append(StoredLayout(suffix: "weight_g_idx", type: .int32, shape: [columns])) }
        return tensors
    }
}
