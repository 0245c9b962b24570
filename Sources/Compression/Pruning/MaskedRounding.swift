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
        _ = try Parallel.map(draft.geometry.rows) { (row) throws(CompressionError) in
            switch draft.geometry.coding {
            case .values: weight.readRow(row) { values in draft.values.withRow(row) { $0.copy(values) } }
            case .codes(let bits, let symmetric, let length, let scaleType):
                let form = GridForm(bits: bits, symmetric: symmetric, scaleType: scaleType)
                let values = masked(row, weight)
                try draft.codes.withRow(row) { (codes) throws(CompressionError) in
                    for first in stride(from: 0, to: values.count, by: length) {
                        let part = values.span.extracting(first..<first + length)
                        let grid = try grid(part, form, row: row)
                        draft.scales.withRow(row) { $0[first / length] = grid.scale }
                        draft.zeros.withRow(row) { $0[first / length] = UInt8(truncatingIfNeeded: grid.zero) }
                        codes.withPart(first..<first + length) {
                            RowRounding.codes(part, grid: grid, top: form.top, into: &$0)
                        }
                    }
                }
            }
        }
    }

    private func grid(_ values: Span<Float>, _ form: GridForm, row: Int) throws(CompressionError) -> UniformGrid {
        let extremes = RowRounding.extremes(values)
        guard let grid = UniformGrid(low: extremes.low, high: extremes.high, form) else {
            throw .scaleOutOfRange(tensor: tensor, row: row, scaleType: form.scaleType.rawValue)
        }
        return grid
    }

    /// A row with zeros in the place of what is not kept.
    private func masked(_ row: Int, _ weight: Matrix) -> [Float] {
        weight.readRow(row) { values in
            draft.kept.readRow(row) { flags in values.indices.map { flags[$0] == 1 ? values[$0] : 0 } }
        }
    }
}
