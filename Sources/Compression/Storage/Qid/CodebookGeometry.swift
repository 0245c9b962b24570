import Checkpoint
import Kernels

/// The sizes of one weight in the layout `levels`: codes that name levels, tables of these, and scales.
///
/// | tensor | type | shape |
/// |---|---|---|
/// | `weight_packed` | I32 for a power of two of levels, else I64 | rows × words: a row's codes as a `CodeStream` |
/// | `weight_levels` | float | k × v, one table for all; or rows × groups × k, one for each group |
/// | `weight_scale` | float | rows × groups, beside one table for all; without it all scales are 1 |
/// | `weight_shape` | I64 | 2: rows and columns |
///
/// and those of `OutlierEntries` where some weights are kept apart: they stand for what their codes say. k levels have codes from 0 to k − 1. A level of one table is of v consecutive columns, and so is a code:
/// w[r, c] = level[code[r, c / v], c mod v]·scale[r, c / group length], the product in float32.
/// `quantization_config` says `"quant_method": "qid"`, `"format": "levels"`, `"levels": k` and `"vector": v`.
struct CodebookGeometry: Sendable, Equatable {
    let rows: Int
    let columns: Int
    let levels: Int
    /// The columns that one code stands for.
    let vector: Int
    /// The weights of a row that share a table or a scale; a multiple of `vector` that divides `columns`.
    let groupLength: Int
    let table: Table
    /// The weights that are kept apart.
    var outliers = 0

    /// Whose the tables are.
    enum Table: Sendable, Equatable {
        /// Each group has one of its own.
        case ofGroups
        /// One table, and a scale for each group.
        case scaled
        /// One table of the weights themselves.
        case plain
    }

    var stream: CodeStream { CodeStream(levels: levels) }
    var groups: Int { columns / max(1, groupLength) }
    var codesPerRow: Int { columns / max(1, vector) }
    var wordsPerRow: Int { stream.wordCount(codesPerRow) }
    var bytesPerRow: Int { wordsPerRow * stream.wordType.bitCount / 8 }
    var tableShape: [Int] { table == .ofGroups ? [rows, groups, levels] : [levels, vector] }

    func layout(scaleType: ScaleType) -> [StoredLayout] {
        let type = scaleType.elementType
        var tensors = [
            StoredLayout(suffix: "weight_packed", type: stream.wordType, shape: [rows, wordsPerRow]),
            StoredLayout(suffix: "weight_levels", type: type, shape: tableShape),
        ]
        if table == .scaled { tensors.append(StoredLayout(suffix: "weight_scale", type: type, shape: [rows, groups])) }
        tensors.append(StoredLayout(suffix: "weight_shape", type: .int64, shape: [2]))
        guard outliers > 0 else { return tensors }
        return tensors + OutlierEntries.layout(rows: rows, columns: columns, count: outliers, type: scaleType)
    }
}
