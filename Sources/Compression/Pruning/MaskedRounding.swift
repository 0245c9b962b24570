import Kernels

/// Fills a draft with the values of a weight, or with their round-to-nearest codes: what is not kept counts as 0.
struct MaskedRounding {
    let draft: MaskedDraft
    let tensor: String

    init(_ draft: MaskedDraft, tensor: String) {
        self.draft = draft
        self.tensor = tensor
    }

    func fill(from weight: Matrix) throws(CompressionError) {
        let columns = draft.geometry.columns
        _ = try Parallel.map(draft.geometry.rows) { (row) throws(CompressionError) in
            switch draft.geometry.coding {
            case .values: (draft.values + row * columns).update(from: weight.view.row(row), count: columns)
            case .codes(let bits, let symmetric, let length, let scaleType):
                try withMasked(row, weight) { (values) throws(CompressionError) in
                    for group in 0..<columns / length {
                        let grid = try grid(values + group * length, length, bits, symmetric, scaleType, row: row)
                        draft.scales[row * draft.geometry.groups + group] = grid.scale
                        draft.zeros[row * draft.geometry.groups + group] = UInt8(truncatingIfNeeded: grid.zero)
                        RowRounding.codes(
                            values + group * length, count: length, grid: grid, top: Int32(1) << Int32(bits) - 1,
                            into: draft.codes + row * columns + group * length)
                    }
                }
            }
        }
    }

    private func grid(
        _ values: UnsafePointer<Float>, _ count: Int, _ bits: Int, _ symmetric: Bool, _ scaleType: ScaleType, row: Int
    ) throws(CompressionError) -> UniformGrid {
        let extremes = RowRounding.extremes(values, count: count)
        let grid = UniformGrid(
            low: extremes.low, high: extremes.high, bits: bits, symmetric: symmetric, scaleType: scaleType)
        guard let grid else { throw .scaleOutOfRange(tensor: tensor, row: row, scaleType: scaleType.rawValue) }
        return grid
    }

    /// Lends a row with zeros in the place of what is not kept.
    private func withMasked(
        _ row: Int, _ weight: Matrix, _ body: (UnsafeMutablePointer<Float>) throws(CompressionError) -> Void
    ) throws(CompressionError) {
        let columns = draft.geometry.columns
        let copy = Matrix(rows: 1, columns: columns)
        let (source, flags) = (weight.view.row(row), draft.kept + row * columns)
        for column in 0..<columns { copy.base[column] = flags[column] == 1 ? source[column] : 0 }
        try body(copy.base)
    }
}
