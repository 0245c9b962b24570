import CKernels

/// Products whose weights and sums lie sixteen by sixteen, `[depth][16]` and `[row][16]`: two such blocks, some floats
/// apart, make a panel of weights.
extension PanelForm {
    /// The blocks of sixteen in a panel of weights.
    var laneBlocks: Int { weightRows / tileColumns }

    /// The memory in which `packLanes` packs.
    func laneFloats(depth: Int) -> Int { self == .splitBFloat16 ? weightFloats(depth: depth) : 0 }

    /// A panel of weights.
    struct LanePanel {
        fileprivate let base: UnsafePointer<Float>
        /// The floats between blocks that stand for themselves.
        fileprivate let blockStride: Int
    }

    /// A panel of weights: the blocks themselves in floats, their split in `memory`.
    func packLanes(
        _ weights: UnsafeMutablePointer<Float>, blockStride: Int, depth: Int, into memory: UnsafeMutablePointer<Float>
    ) -> LanePanel {
        guard self == .splitBFloat16 else { return LanePanel(base: weights, blockStride: blockStride) }
        for half in 0..<laneBlocks {
            _ = amx_pack_weights(weights + half * blockStride, depth, Int32(half), 3, memory)
        }
        return LanePanel(base: memory, blockStride: 0)
    }

    /// Multiplies whole panels of inputs, `inputStride` floats apart, by such a panel of weights: as many inputs as
    /// there are `rows`.
    ///
    /// Called by a body of `multiplying`.
    ///
    /// The sums become start + sum if `start` is given, else what they were + sum.
    func multiplyLanes(
        depth: Int, _ inputs: UnsafePointer<Float>, inputStride: Int, _ panel: LanePanel,
        start: UnsafeMutablePointer<Float>?, into sums: UnsafeMutablePointer<Float>, blockStride: Int, rows: Int
    ) {
        guard self == .splitBFloat16 else {
            return multiplyTiles(
                depth: depth, inputs, panelStride: inputStride, panel.base, blockStride: panel.blockStride,
                start: start,
                into: TileTarget(
                    base: sums, stride: tileColumns, blockStride: blockStride, rows: rows, columns: weightRows))
        }
        amx_multiply_lanes(
            inputs, inputStride * MemoryLayout<Float>.stride, panel.base, steps(depth), start, sums, blockStride, rows)
    }

    /// Packs the columns of `x` as inputs, each over all rows; what is missing of the last panel is zero.
    func packColumns(
        of x: MatrixView, into target: UnsafeMutablePointer<Float>, strip: UnsafeMutablePointer<Float>
    ) {
        let panelFloats = inputFloats(depth: x.rows)
        for first in stride(from: 0, to: x.columns, by: inputRows) {
            let columns = x.columns(first..<min(x.columns, first + inputRows))
            let panel = target + first / inputRows * panelFloats
            if self == .splitBFloat16 {
                packSplit(columnsOf: columns, into: panel, strip: strip)
            } else {
                packFloats(columnsOf: columns, into: panel)
            }
        }
    }

    private func packFloats(columnsOf x: MatrixView, into panel: UnsafeMutablePointer<Float>) {
        for row in 0..<x.rows {
            let (source, target) = (x.row(row), panel + row * tileRows)
            for column in 0..<tileRows { target[column] = column < x.columns ? source[column] : 0 }
        }
    }

    /// Rows of `stripDepth` are transposed at a time, in the first-level cache.
    private func packSplit(
        columnsOf x: MatrixView, into panel: UnsafeMutablePointer<Float>, strip: UnsafeMutablePointer<Float>
    ) {
        for first in stride(from: 0, to: x.rows, by: Self.stripDepth) {
            let count = min(Self.stripDepth, x.rows - first)
            for row in stride(from: 0, to: count & ~7, by: 8) {
                transposeEightRows(
                    x.row(first + row), stride: x.stride, columns: x.columns, into: strip + row,
                    stride: Self.stripDepth)
            }
            for row in count & ~7..<count {
                for column in 0..<x.columns { strip[column * Self.stripDepth + row] = x.row(first + row)[column] }
            }
            amx_pack_inputs(strip, Self.stripDepth, x.columns, count, panel + inputFloats(depth: first))
        }
    }

    /// The rows that `packColumns` takes at a time, whole steps, and the memory that it works in.
    private static let stripDepth = 96
    var stripFloats: Int { self == .splitBFloat16 ? inputRows * Self.stripDepth : 0 }
}
