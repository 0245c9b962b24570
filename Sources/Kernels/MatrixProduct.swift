/// out[t, r] = Σ_c x[t, c]·weight[r, c] + bias[r], in parallel.
///
/// x is tokens × inputs, the weight outputs × inputs, out tokens × outputs; `out` must not overlap `x`. Each sum's order
/// depends on the number of inputs alone.
package func multiply(_ x: MatrixView, _ weight: any WeightMatrix, bias: [Float]?, into out: MatrixView) {
    precondition(x.columns == weight.columns && out.rows == x.rows && out.columns == weight.rows)
    precondition(bias.map { $0.count == weight.rows } ?? true)
    let depth = x.columns
    Parallel.forEach((weight.rows + panelWidth - 1) / panelWidth) { index in
        let rows = index * panelWidth..<min(weight.rows, (index + 1) * panelWidth)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, panelWidth * depth)) { memory in
            guard let panel = memory.baseAddress else { return }
            weight.pack(rows: rows, columns: 0..<depth, into: panel)
            for token in 0..<x.rows {
                let input = x.row(token)
                var (low, high) = (Lanes.zero, Lanes.zero)
                for column in 0..<depth {
                    let value = Lanes(repeating: input[column])
                    low = low.plus(value, panel.lanes(column * panelWidth))
                    high = high.plus(value, panel.lanes(column * panelWidth + 8))
                }
                let result = out.row(token)
                for row in rows {
                    let lane = row - rows.lowerBound
                    result[row] = (lane < 8 ? low[lane] : high[lane - 8]) + (bias?[row] ?? 0)
                }
            }
        }
    }
}
