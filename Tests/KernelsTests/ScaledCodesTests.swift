import Kernels
import TestSupport
import Testing

/// Weights that are stored as whole numbers and scales, which products in parts multiply one after the other.
struct ScaledCodesTests {
    /// Codes from −255 to 255 and scales of eleven bits, whose products are exact in float32.
    struct CodeWeight: ScaledCodes {
        let rows: Int
        let columns: Int
        let groupLength: Int
        let codes: [Float]
        let scales: [Float]

        init(rows: Int, columns: Int, groupLength: Int, seed: UInt64) {
            (self.rows, self.columns, self.groupLength) = (rows, columns, groupLength)
            var random = SeededGenerator(seed: seed)
            codes = (0..<rows * columns).map { _ in Float(Int.random(in: -255...255, using: &random)) }
            scales = (0..<rows * (columns / groupLength)).map { _ in
                Float(Int.random(in: 1025...2047, using: &random)) * 0x1p-20
            }
        }

        var scaledCodes: (any ScaledCodes)? { self }

        func scale(row: Int, group: Int) -> Float { scales[row * (columns / groupLength) + group] }

        func decodeCodes(row: Int, columns range: Range<Int>, into destination: inout MutableSpan<Float>) {
            for column in range { destination[column - range.lowerBound] = codes[row * columns + column] }
        }

        func decode(row: Int, columns range: Range<Int>, into destination: inout MutableSpan<Float>) {
            for column in range { destination[column - range.lowerBound] = value(row, column) }
        }

        func value(_ row: Int, _ column: Int) -> Float {
            codes[row * columns + column] * scale(row: row, group: column / groupLength)
        }
    }

    /// Tokens, inputs, outputs and the inputs of a group: groups of one step and of many, of a whole row that is no whole
    /// number of steps, some that go over from one pass of depth to the next, and some that steps do not fit.
    static let shapes = [
        (1, 32, 1, 32), (33, 96, 33, 32), (40, 256, 40, 64), (7, 100, 20, 100), (64, 2000, 70, 2000),
        (35, 1600, 64, 160), (20, 96, 30, 24), (50, 1536, 1500, 128), (3, 7, 70, 7),
    ]

    @Test(arguments: shapes)
    func agreesWithThePlainProduct(tokens: Int, inputs: Int, outputs: Int, groupLength: Int) {
        let x = Matrix.random(tokens, inputs, seed: 21)
        let weight = CodeWeight(rows: outputs, columns: inputs, groupLength: groupLength, seed: 22)
        let bias = Matrix.random(1, outputs, seed: 23).values
        for form in PanelForm.available {
            let out = Matrix(rows: tokens, columns: outputs)
            PanelForm.$current.withValue(form) { multiply(x.view, weight, bias: bias, into: out.view) }
            let wrong = (0..<tokens * outputs).first { index in
                let (t, r) = (index / outputs, index % outputs)
                var (sum, scale) = (Double(bias[r]), abs(Double(bias[r])))
                for c in 0..<inputs {
                    let product = Double(x[t, c]) * Double(weight.value(r, c))
                    sum += product
                    scale += abs(product)
                }
                return abs(Double(out[t, r]) - sum) > scale * Double(min(inputs, 384) + inputs / 32 + 4) * 0x1p-24
            }
            #expect(wrong == nil)
        }
    }

    @Test(arguments: shapes)
    func isTheSameForAnyThreadsAndCompanions(tokens: Int, inputs: Int, outputs: Int, groupLength: Int) {
        let x = Matrix.random(tokens, inputs, seed: 24)
        let weight = CodeWeight(rows: outputs, columns: inputs, groupLength: groupLength, seed: 25)
        let (whole, single) = (Matrix(rows: tokens, columns: outputs), Matrix(rows: tokens, columns: outputs))
        multiply(x.view, weight, into: whole.view)
        Parallel.$limit.withValue(1) {
            for t in 0..<tokens { multiply(x.view.rows(t..<t + 1), weight, into: single.view.rows(t..<t + 1)) }
        }
        #expect(whole.isIdentical(to: single))
    }
}
