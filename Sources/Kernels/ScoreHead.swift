import Numerics

/// Scores the next token of each row for several variants of one model at once, without keeping their logits.
///
/// logits[v][t, j] = Σ_c hidden[v][t, c]·head[j, c] + bias[j]; `hidden[0]` is the baseline that KL is measured against.
/// `heads` holds one weight for all variants or one for each. `targets[t]` is the token that follows row t, −1 if the row
/// is not to be scored. `scores[v]` receives the result of variant v, one value for each row.
package func scoreHead(
    hidden: [MatrixView], heads: [any WeightMatrix], bias: [Float]? = nil, targets: [Int32],
    into scores: inout [HeadScores]
) {
    precondition(heads.count == 1 || heads.count == hidden.count)
    precondition(hidden.allSatisfy { $0.rows == targets.count })
    let rows = targets.count
    scores = hidden.map { _ in HeadScores(rows: rows) }
    let chunk = 64
    for start in stride(from: 0, to: rows, by: chunk) {
        let part = start..<min(start + chunk, rows)
        let logits = hidden.enumerated().map { index, view in
            let head = heads[heads.count == 1 ? 0 : index]
            let result = Matrix(rows: part.count, columns: head.rows)
            multiply(view.rows(part), head, bias: bias, into: result.view)
            return result
        }
        for row in part where targets[row] >= 0 {
            let baseline = Array(UnsafeBufferPointer(start: logits[0].view.row(row - start), count: logits[0].columns))
            for variant in hidden.indices {
                let view = logits[variant].view
                let values = Array(UnsafeBufferPointer(start: view.row(row - start), count: view.columns))
                let largest = values.max() ?? 0
                let total = values.reduce(0.0) { $0 + Double.exp(Double($1) - Double(largest)) }
                let logSumExp = Double(largest) + Double.log(total)
                scores[variant].logSumExp[row] = logSumExp
                scores[variant].negativeLogLikelihood[row] = logSumExp - Double(values[Int(targets[row])])
                scores[variant].argMax[row] = Int32(values.firstIndex(of: largest) ?? 0)
                let base = scores[0].logSumExp[row]
                if variant > 0 {
                    scores[variant].divergence[row] = zip(baseline, values).reduce(0.0) { sum, pair in
                        let logP = Double(pair.0) - base
                        return sum + Double.exp(logP) * (logP - Double(pair.1) + logSumExp)
                    }
                }
            }
        }
    }
}
