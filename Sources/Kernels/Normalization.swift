import Numerics

/// Layer normalization of each row: (x − mean)/√(variance + ε)·weight + bias, with the variance over n (Ba et al., 2016).
///
/// `out` may be `x`. Without weight or bias that step is left out. Sums are Double.
package func layerNorm(
    _ x: MatrixView, weight: [Float]?, bias: [Float]?, epsilon: Float, into out: MatrixView
) {
    precondition(x.rows == out.rows && x.columns == out.columns)
    precondition(weight.map { $0.count == x.columns } ?? true && bias.map { $0.count == x.columns } ?? true)
    forEachRow(of: x) { index in
        let (row, result) = (x.row(index), out.row(index))
        var sum = 0.0
        for column in 0..<x.columns { sum += Double(row[column]) }
        let mean = sum / Double(x.columns)
        var squares = 0.0
        for column in 0..<x.columns {
            let difference = Double(row[column]) - mean
            squares += difference * difference
        }
        let factor = 1 / (squares / Double(x.columns) + Double(epsilon)).squareRoot()
        for column in 0..<x.columns {
            var value = (Double(row[column]) - mean) * factor
            if let weight { value *= Double(weight[column]) }
            if let bias { value += Double(bias[column]) }
            result[column] = Float(value)
        }
    }
}

/// Root-mean-square normalization of each row: x/√(mean x² + ε)·weight (Zhang and Sennrich, 2019).
///
/// `out` may be `x`. Without weight that step is left out. Sums are Double.
package func rmsNorm(_ x: MatrixView, weight: [Float]?, epsilon: Float, into out: MatrixView) {
    precondition(x.rows == out.rows && x.columns == out.columns)
    precondition(weight.map { $0.count == x.columns } ?? true)
    forEachRow(of: x) { index in
        rmsNorm(row: x.row(index), count: x.columns, weight: weight, epsilon: epsilon, into: out.row(index))
    }
}

/// Root-mean-square normalization in place of each head by itself, with one weight for all heads (Qwen 3).
package func rmsNorm(_ heads: HeadLayout, weight: [Float]?, epsilon: Float) {
    precondition(weight.map { $0.count == heads.size } ?? true)
    forEachRow(of: heads.base) { index in
        for head in 0..<heads.count {
            let row = heads.row(index, head: head)
            rmsNorm(row: row, count: heads.size, weight: weight, epsilon: epsilon, into: row)
        }
    }
}

private func rmsNorm(
    row: UnsafeMutablePointer<Float>, count: Int, weight: [Float]?, epsilon: Float,
    into result: UnsafeMutablePointer<Float>
) {
    var squares = 0.0
    for column in 0..<count { squares += Double(row[column]) * Double(row[column]) }
    let factor = 1 / (squares / Double(count) + Double(epsilon)).squareRoot()
    for column in 0..<count {
        var value = Double(row[column]) * factor
        if let weight { value *= Double(weight[column]) }
        result[column] = Float(value)
    }
}
