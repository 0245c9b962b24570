import Checkpoint
import Kernels

/// The sizes of a matrix of which some values may be left out, in the layout of our own.
///
/// The tensors' names begin with the matrix's (`weight`):
///
/// | tensor | type | shape |
/// |---|---|---|
/// | `…_mask` | U8 | rows × ⌈columns/8⌉: bit c mod 8 of byte c/8 is 1 where the value is kept; absent where all are |
/// | `…_values` | F16, BF16 or F32 | the kept values, row after row |
/// | `…_packed` | I32 | or else their codes of b bits, row after row, as one `BitStream` |
/// | `…_scale` | float | rows × groups, of codes: value = (code − zero)·scale |
/// | `…_zero_point` | I32 | rows × groups codes of b bits as one bit stream; asymmetric only |
/// | `…_shape` | I64 | 2: rows and columns |
///
/// Where a row's values begin follows from the mask, so nothing is stored for it.
struct MaskedGeometry: Sendable, Equatable {
    /// How kept values are stored.
    enum Coding: Sendable, Equatable {
        case values(ScaleType)
        /// Codes on a grid for each group of consecutive columns; `groupLength` divides the columns.
        case codes(bits: Int, symmetric: Bool, groupLength: Int, scaleType: ScaleType)
    }

    let name: String
    let rows: Int
    let columns: Int
    /// How many values are kept; nil where all are and there is no mask.
    let kept: Int?
    let coding: Coding

    init(name: String = "weight", rows: Int, columns: Int, kept: Int?, coding: Coding) {
        self.name = name
        self.rows = rows
        self.columns = columns
        self.kept = kept
        self.coding = coding
    }

    var storedCount: Int { kept ?? rows * columns }
    var maskBytesPerRow: Int { (columns + 7) / 8 }

    /// Groups of a row; none where values are stored as they are.
    var groups: Int {
        switch coding {
        case .values: 0
        case .codes(_, _, let length, _): columns / max(1, length)
        }
    }

    var layout: [StoredLayout] {
        var tensors: [StoredLayout] = []
        if kept != nil { tensors.append(.init(suffix: name + "_mask", type: .uint8, shape: [rows, maskBytesPerRow])) }
        switch coding {
        case .values(let type):
            tensors.append(.init(suffix: name + "_values", type: type.elementType, shape: [storedCount]))
        case .codes(let bits, let symmetric, _, let scaleType):
            let words = BitStream.wordCount(codes: storedCount, bits: bits)
            tensors.append(.init(suffix: name + "_packed", type: .int32, shape: [words]))
            tensors.append(.init(suffix: name + "_scale", type: scaleType.elementType, shape: [rows, groups]))
            if !symmetric {
                let zeroWords = BitStream.wordCount(codes: rows * groups, bits: bits)
                tensors.append(.init(suffix: name + "_zero_point", type: .int32, shape: [zeroWords]))
            }
        }
        return tensors + [.init(suffix: name + "_shape", type: .int64, shape: [2])]
    }
}

extension MaskedGeometry {
    /// The sizes of a layer's weight of which a spec keeps so many, if its groups and its pattern divide the rows.
    init(_ layer: LinearLayer, _ spec: Spec, kept: Int?) throws(CompressionError) {
        let columns = layer.weight.columns
        if case .pattern(_, let length)? = spec.options.sparsity, !columns.isMultiple(of: length) {
            throw .patternDoesNotDivide(tensor: layer.name, rowLength: columns, pattern: length)
        }
        let coding: Coding
        if let bits = spec.format.integerBits {
            let length = try PackQuantizedGeometry(layer, spec).groupLength
            coding = .codes(
                bits: bits, symmetric: spec.symmetric, groupLength: length,
                scaleType: spec.scaleType(checkpoint: layer.scaleType))
        } else {
            coding = .values(layer.storedType)
        }
        self.init(rows: layer.weight.rows, columns: columns, kept: kept, coding: coding)
    }
}

extension LinearLayer {
    /// The type in which values that are not quantized are stored: float32 for a weight of 32 bits or more, otherwise
    /// the weight's own type of 16 bits.
    var storedType: ScaleType {
        guard let dense = weight as? DenseMatrix, dense.type == .float32 || dense.type == .float64 else {
            return scaleType
        }
        return .float32
    }
}
