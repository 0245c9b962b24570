/// Layer normalization of each row: (x − mean)/√(variance + ε)·weight + bias, with the variance over n (Ba et al., 2016).
///
/// `out` may be `x`. Without weight or bias that step is left out. All steps are Double, rounded once at the end.
package func layerNorm(
    _ x: MatrixView, weight: [Float]?, bias: [Float]?, epsilon: Float, into out: MatrixView
) {
    precondition(x.rows == out.rows && x.columns == out.columns)
    precondition(weight.map { $0.count == x.columns } ?? true && bias.map { $0.count == x.columns } ?? true)
    let affine = Affine(weight: weight, bias: bias, count: x.columns)
    forEachRow(of: x) { index in
        let row = Row(base: x.row(index), count: x.columns)
        let (mean, factor) = row.standardization(epsilon)
        affine.write(row, minus: mean, times: factor, to: out.row(index))
    }
}

/// Root-mean-square normalization of each row: x/√(mean x² + ε)·weight (Zhang and Sennrich, 2019).
///
/// `out` may be `x`. Without weight that step is left out. All steps are Double, rounded once at the end.
package func rmsNorm(_ x: MatrixView, weight: [Float]?, epsilon: Float, into out: MatrixView) {
    precondition(x.rows == out.rows && x.columns == out.columns)
    precondition(weight.map { $0.count == x.columns } ?? true)
    let affine = Affine(weight: weight, bias: nil, count: x.columns)
    forEachRow(of: x) { index in
        let row = Row(base: x.row(index), count: x.columns)
        affine.write(row, minus: 0, times: row.inverseRootMeanSquare(epsilon), to: out.row(index))
    }
}

/// Root-mean-square normalization in place of each head by itself, with one weight for all heads (Qwen 3).
package func rmsNorm(_ heads: HeadLayout, weight: [Float]?, epsilon: Float) {
    precondition(weight.map { $0.count == heads.size } ?? true)
    let affine = Affine(weight: weight, bias: nil, count: heads.size)
    forEachRow(of: heads.base) { index in
        for head in 0..<heads.count {
            let row = Row(base: heads.row(index, head: head), count: heads.size)
            affine.write(row, minus: 0, times: row.inverseRootMeanSquare(epsilon), to: row.base)
        }
    }
}

/// Layer normalization in place of each head by itself, with one weight for all heads (Phi), or with one for each, head
/// after head (StableLM, Cohere).
package func layerNorm(_ heads: HeadLayout, weight: [Float]?, bias: [Float]?, epsilon: Float) {
    func parts(_ values: [Float]?) -> [[Float]?] {
        guard let values else { return [nil] }
        precondition(values.count == heads.size || values.count == heads.count * heads.size)
        return stride(from: 0, to: values.count, by: heads.size).map { Array(values[$0..<$0 + heads.size]) }
    }
    let (weights, biases) = (parts(weight), parts(bias))
    let affines = (0..<max(weights.count, biases.count)).map { head in
        Affine(
            weight: weights[head % weights.count], bias: biases[head % biases.count], count: heads.size)
    }
    forEachRow(of: heads.base) { index in
        for head in 0..<heads.count {
            let row = Row(base: heads.row(index, head: head), count: heads.size)
            let (mean, factor) = row.standardization(epsilon)
            affines[head % affines.count].write(row, minus: mean, times: factor, to: row.base)
        }
    }
}

private typealias Doubles = SIMD4<Double>

/// One row to be normalized.
private struct Row {
    let base: UnsafeMutablePointer<Float>
    let count: Int

    /// Four elements from `index` on.
    @inline(__always)
    func doubles(_ index: Int) -> Doubles { UnsafePointer(base).doubles(index) }

    /// The element at `index`, zero beyond the end.
    subscript(index: Int) -> Float { index < count ? base[index] : 0 }

    /// The sum of a function of the elements, in an order that depends on their number alone.
    @inline(__always)
    func sum(_ term: (Doubles) -> Doubles) -> Double {
        var (a, b, c, d) = (Doubles.zero, Doubles.zero, Doubles.zero, Doubles.zero)
        var index = 0
        while index + 16 <= count {
            a += term(doubles(index))
            b += term(doubles(index + 4))
            c += term(doubles(index + 8))
            d += term(doubles(index + 12))
            index += 16
        }
        var total = ((a + b) + (c + d)).sum()
        while index < count {
            total += term(Doubles(repeating: Double(base[index])))[0]
            index += 1
        }
        return total
    }

    /// The mean, and 1/√(variance + ε).
    @inline(__always)
    func standardization(_ epsilon: Float) -> (mean: Double, factor: Double) {
        let mean = sum { $0 } / Double(count)
        let variance = sum { ($0 - mean) * ($0 - mean) } / Double(count)
        return (mean, 1 / (variance + Double(epsilon)).squareRoot())
    }

    @inline(__always)
    func inverseRootMeanSquare(_ epsilon: Float) -> Double {
        1 / (sum { $0 * $0 } / Double(count) + Double(epsilon)).squareRoot()
    }
}

/// The learned part of a normalization: a weight and a bias for each column, padded to whole vectors.
private struct Affine: Sendable {
    private let weight: [Float]
    private let bias: [Float]

    init(weight: [Float]?, bias: [Float]?, count: Int) {
        let padding = [Float](repeating: 0, count: 4)
        self.weight = (weight ?? Array(repeating: 1, count: count)) + padding
        self.bias = (bias ?? Array(repeating: 0, count: count)) + padding
    }

    /// out = (row − mean)·factor·weight + bias.
    func write(_ row: Row, minus mean: Double, times factor: Double, to out: UnsafeMutablePointer<Float>) {
        weight.withUnsafeBufferPointer { weight in
            bias.withUnsafeBufferPointer { bias in
                guard let weight = weight.baseAddress, let bias = bias.baseAddress else { return }
                func value(_ x: Doubles, _ index: Int) -> SIMD4<Float> {
                    // Sound because both are padded.
                    SIMD4<Float>((x - mean) * factor * weight.doubles(index) + bias.doubles(index))
                }
                let whole = row.count & ~3
                for index in stride(from: 0, to: whole, by: 4) {
                    UnsafeMutableRawPointer(out + index).storeBytes(
                        of: value(row.doubles(index), index), as: SIMD4<Float>.self)
                }
                let rest = Doubles(Double(row[whole]), Double(row[whole + 1]), Double(row[whole + 2]), 0)
                let last = value(rest, whole)
                for lane in 0..<row.count - whole { out[whole + lane] = last[lane] }
            }
        }
    }
}

extension UnsafePointer<Float> {
    /// Four consecutive elements from `index`, which need not be aligned.
    @inline(__always)
    fileprivate func doubles(_ index: Int) -> Doubles {
        // Sound where the caller owns the four elements from `index`.
        Doubles(UnsafeRawPointer(self + index).loadUnaligned(as: SIMD4<Float>.self))
    }
}
