import Kernels
import Testing

struct NormalizationTests {
    static let columns = [1, 3, 4, 7, 16, 33, 64, 770]

    private func check(_ out: Matrix, _ expected: (Int) -> [Double], _ rows: Int) {
        for row in 0..<rows {
            for (column, value) in expected(row).enumerated() {
                // Where the bias nearly cancels the rest, the scale is that of the terms.
                #expect(abs(Double(out[row, column]) - value) <= 0x1p-24 * abs(value) + 1e-12)
            }
        }
    }

    private func doubles(_ x: Matrix, _ row: Int) -> [Double] { (0..<x.columns).map { Double(x[row, $0]) } }

    @Test(arguments: columns, [Float(0), 1000])
    func layerNormAgreesWithItsFormula(columns: Int, offset: Float) {
        let base = Matrix.random(3, columns, seed: 1, bound: 3)
        let x = Matrix(rows: 3, columns: columns, base.values.map { $0 + offset })
        let (weight, bias) = (Matrix.random(1, columns, seed: 2).values, Matrix.random(1, columns, seed: 3).values)
        for (weight, bias) in [(nil, nil), (weight, nil), (nil, bias), (weight, bias)] {
            let out = Matrix(rows: 3, columns: columns)
            layerNorm(x.view, weight: weight, bias: bias, epsilon: 1e-5, into: out.view)
            check(
                out,
                { row in
                    let values = doubles(x, row)
                    let mean = values.reduce(0, +) / Double(columns)
                    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
                    return values.enumerated().map { index, value in
                        (value - mean) / (variance + Double(Float(1e-5))).squareRoot() * Double(weight?[index] ?? 1)
                            + Double(bias?[index] ?? 0)
                    }
                }, 3)
        }
    }

    @Test(arguments: columns)
    func rmsNormAgreesWithItsFormula(columns: Int) {
        let x = Matrix.random(3, columns, seed: 4, bound: 3)
        let weight = Matrix.random(1, columns, seed: 5).values
        for weight in [nil, weight] {
            let out = Matrix(rows: 3, columns: columns)
            rmsNorm(x.view, weight: weight, epsilon: 1e-6, into: out.view)
            check(
                out,
                { row in
                    let values = doubles(x, row)
                    let mean = values.reduce(0) { $0 + $1 * $1 } / Double(columns)
                    let root = (mean + Double(Float(1e-6))).squareRoot()
                    return values.enumerated().map { $1 / root * Double(weight?[$0] ?? 1) }
                }, 3)
        }
    }

    @Test func normalizesEachHeadByItself() {
        let x = Matrix.random(5, 60, seed: 6)
        let before = x.part(rows: 0..<5)
        let weight = Matrix.random(1, 10, seed: 7).values
        rmsNorm(
            HeadLayout(base: x.view, firstColumn: 5, headStride: 20, count: 3, size: 10), weight: weight, epsilon: 1e-6)
        for head in 0..<3 {
            let expected = before.part(rows: 0..<5, columns: 5 + 20 * head..<15 + 20 * head)
            rmsNorm(expected.view, weight: weight, epsilon: 1e-6, into: expected.view)
            #expect(x.part(rows: 0..<5, columns: 5 + 20 * head..<15 + 20 * head).isIdentical(to: expected))
            let between = 15 + 20 * head..<min(60, 25 + 20 * head)
            #expect(x.part(rows: 0..<5, columns: between).isIdentical(to: before.part(rows: 0..<5, columns: between)))
        }
    }

    @Test func worksInPlace() {
        let x = Matrix.random(4, 37, seed: 8)
        let out = Matrix(rows: 4, columns: 37)
        layerNorm(x.view, weight: nil, bias: nil, epsilon: 1e-5, into: out.view)
        layerNorm(x.view, weight: nil, bias: nil, epsilon: 1e-5, into: x.view)
        #expect(x.isIdentical(to: out))
    }
}
