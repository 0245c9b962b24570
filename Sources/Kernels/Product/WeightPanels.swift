import CKernels

/// How one weight is packed into panels, and multiplied.
///
/// In split bfloat16, a weight that is stored as codes and scales stays so: its panel holds the codes, one term each, then the
/// scales, 32 for each group.
struct WeightPanels {
    let form: PanelForm
    private let weight: any WeightMatrix
    private let codes: (any ScaledCodes)?
    /// The bfloat16 terms of a weight that panels have room for.
    private let terms: Int

    init(_ weight: any WeightMatrix, form: PanelForm) {
        (self.weight, self.form) = (weight, form)
        // A scale belongs to whole steps.
        codes = weight.scaledCodes.flatMap {
            form == .splitBFloat16 && ($0.groupLength % amx_step_depth == 0 || $0.groupLength == $0.columns) ? $0 : nil
        }
        terms = codes == nil ? (weight.significantBits + 7) / 8 : 1
    }

    /// The rows of the weight.
    var rows: Int { weight.rows }

    /// A panel that `pack` has filled with some columns.
    struct Panel {
        var base: UnsafeMutablePointer<Float>
        var columns: Range<Int>
        /// The terms that its weights split into at most, as `pack` returned it.
        var terms: Int
    }

    /// Packs rows, at most a panel's, into the memory of one.
    ///
    /// - Returns: the bfloat16 terms that these weights have at most.
    func pack(rows: Range<Int>, columns: Range<Int>, into panel: UnsafeMutablePointer<Float>) -> Int {
        guard form == .splitBFloat16 else {
            for block in 0..<form.laneBlocks {
                let part = self.block(block, of: rows)
                let target = panel + block * tileColumns * columns.count
                if part.isEmpty {
                    target.update(repeating: 0, count: tileColumns * columns.count)
                } else {
                    weight.pack(rows: part, columns: columns, into: target)
                }
            }
            return 1
        }
        if let codes { packScales(codes, rows: rows, columns: columns, into: panel) }
        return packSplit(rows: rows, columns: columns, into: panel)
    }

    /// The rows of a block of sixteen.
    private func block(_ index: Int, of rows: Range<Int>) -> Range<Int> {
        let first = rows.lowerBound + index * tileColumns
        return min(first, rows.upperBound)..<min(first + tileColumns, rows.upperBound)
    }

    /// Packs float32 blocks of 16 rows, and splits them while they lie in the first-level cache.
    private func packSplit(rows: Range<Int>, columns: Range<Int>, into panel: UnsafeMutablePointer<Float>) -> Int {
        let chunk = 8 * amx_step_depth
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: chunk * tileColumns) { memory in
            guard let floats = memory.baseAddress else { return 1 }
            var present: Int32 = 1
            for half in 0..<form.laneBlocks {
                let part = block(half, of: rows)
                for start in stride(from: columns.lowerBound, to: columns.upperBound, by: chunk) {
                    let depths = start..<min(columns.upperBound, start + chunk)
                    if part.isEmpty {
                        floats.update(repeating: 0, count: depths.count * tileColumns)
                    } else if let codes {
                        codes.packCodes(rows: part, columns: depths, into: floats)
                    } else {
                        weight.pack(rows: part, columns: depths, into: floats)
                    }
                    let target = panel + offset(start - columns.lowerBound)
                    present = max(
                        present, amx_pack_weights(floats, depths.count, Int32(half), Int32(terms), target))
                }
            }
            return Int(present)
        }
    }

    private func packScales(
        _ codes: any ScaledCodes, rows: Range<Int>, columns: Range<Int>, into panel: UnsafeMutablePointer<Float>
    ) {
        var target = panel + offset(columns.count)
        for group in groups(codes, columns) {
            for row in 0..<form.weightRows {
                target[row] = row < rows.count ? codes.scale(row: rows.lowerBound + row, group: group) : 0
            }
            target += form.weightRows
        }
    }

    private func groups(_ codes: any ScaledCodes, _ columns: Range<Int>) -> Range<Int> {
        guard !columns.isEmpty else { return 0..<0 }
        return columns.lowerBound / codes.groupLength..<(columns.upperBound - 1) / codes.groupLength + 1
    }

    /// The floats of so many columns in a panel, whole steps.
    @inline(__always)
    private func offset(_ columns: Int) -> Int {
        guard form == .splitBFloat16 else { return tileColumns * columns }
        return form.steps(columns) * amx_panel_rows * amx_step_depth * terms / 2
    }

    /// Multiplies panels of inputs, `inputStride` floats apart, over some of a panel's columns, which start at a step:
    /// as many inputs as the target has rows.
    ///
    /// Called by a body of `multiplying`.
    ///
    /// The target receives start + sum if `start` is given, else what it holds + sum.
    @inline(__always)
    func multiply(
        _ inputs: UnsafePointer<Float>, inputStride: Int, _ panel: Panel, columns: Range<Int>,
        start: UnsafeMutablePointer<Float>?, into target: TileTarget
    ) {
        let weights = panel.base + offset(columns.lowerBound - panel.columns.lowerBound)
        guard form == .splitBFloat16 else {
            return multiplyTiles(
                depth: columns.count, inputs, panelStride: inputStride, weights,
                blockStride: tileColumns * panel.columns.count, start: start, into: target)
        }
        let (inputBytes, steps) = (inputStride * MemoryLayout<Float>.stride, form.steps(columns.count))
        guard let codes else {
            return amx_multiply(
                inputs, inputBytes, weights, Int32(terms), Int32(panel.terms), steps, start, target.base,
                target.stride, target.rows, target.columns)
        }
        let length = codes.groupLength
        let skipped = columns.lowerBound / length - panel.columns.lowerBound / length
        amx_multiply_codes(
            inputs, inputBytes, weights, steps, form.steps(length - columns.lowerBound % length), form.steps(length),
            panel.base + offset(panel.columns.count) + skipped * form.weightRows, start, target.base, target.stride,
            target.rows, target.columns)
    }
}
