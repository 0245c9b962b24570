import Kernels
import Testing

struct MatrixProductTests {
    /// The plain product in Double, and Σ|x·w| + |bias|, the scale of its rounding error.
    private func plain(_ x: Matrix, _ w: Matrix, _ bias: [Float]?, _ t: Int, _ r: Int) -> (sum: Double, scale: Double) {
        var (sum, scale) = (Double(bias?[r] ?? 0), abs(Double(bias?[r] ?? 0)))
        for c in 0..<x.columns {
            let product = Double(x[t, c]) * Double(w[r, c])
            sum += product
            scale += abs(product)
        }
        return (sum, scale)
    }

    @Test(arguments: [
        (1, 1, 1), (1, 16, 1), (6, 16, 16), (7, 17, 17), (5, 3, 15), (13, 300, 33), (64, 513, 70), (250, 40, 5),
        (12, 0, 20), (0, 4, 4), (3, 5, 0), (500, 8, 48), (37, 700, 205), (9, 5, 27_001), (4, 140_000, 1),
    ])
    func agreesWithThePlainProduct(tokens: Int, inputs: Int, outputs: Int) {
        let (x, w) = (Matrix.random(tokens, inputs, seed: 1), Matrix.random(outputs, inputs, seed: 2))
        let bias = Matrix.random(1, outputs, seed: 3).values
        for (bias, form) in [nil, bias].flatMap({ bias in PanelForm.available.map { (bias, $0) } }) {
            let out = Matrix(rows: tokens, columns: outputs)
            PanelForm.$current.withValue(form) { multiply(x.view, DenseMatrix(w), bias: bias, into: out.view) }
            let wrong = (0..<tokens * outputs).first { index in
                let (t, r) = (index / outputs, index % outputs)
                let (sum, scale) = plain(x, w, bias, t, r)
                // A sum of n terms in order errs by at most n half ulps of the sum of magnitudes.
                return abs(Double(out[t, r]) - sum) > scale * Double(min(inputs, 384) + inputs / 200 + 4) * 0x1p-24
            }
            #expect(wrong == nil)
        }
    }

    /// Products of parts that are left out lie below what rounding float32 sums loses.
    @Test("weights of 8, 11 and 24 bits multiply as exactly in parts as in floats", arguments: [8, 11, 24])
    func isAsExactInParts(bits: Int) {
        let (x, w) = (Matrix.random(70, 900, seed: 12), Matrix.random(65, 900, seed: 13))
        for index in 0..<65 * 900 {
            let mask: UInt32 = ~0 << UInt32(24 - bits)
            w.base[index] = Float(bitPattern: w.base[index].bitPattern & mask)
        }
        let errors = PanelForm.available.map { form in
            let out = Matrix(rows: 70, columns: 65)
            PanelForm.$current.withValue(form) { multiply(x.view, DenseMatrix(w), into: out.view) }
            return (0..<70 * 65).reduce(0) { sum, index in
                let error = Double(out[index / 65, index % 65]) - plain(x, w, nil, index / 65, index % 65).sum
                return sum + error * error
            }
        }
        #expect(errors.allSatisfy { $0 <= 2 * errors[0] && $0 > 0 })
    }

    /// The parts of a panel are counted: another row's must not change a sum.
    @Test(arguments: PanelForm.available)
    func otherWeightsDoNotMatter(form: PanelForm) {
        let x = Matrix.random(40, 100, seed: 14)
        let whole = Matrix(rows: 40, columns: 100, (0..<4000).map { Float($0 % 17 - 8) })
        let mixed = Matrix(rows: 40, columns: 100, whole.values)
        for row in [3, 38] { for column in 0..<100 { mixed.base[100 * row + column] += 1 / Float(3 + column) } }
        let (first, second) = (Matrix(rows: 40, columns: 40), Matrix(rows: 40, columns: 40))
        PanelForm.$current.withValue(form) {
            multiply(x.view, DenseMatrix(whole), into: first.view)
            multiply(x.view, DenseMatrix(mixed), into: second.view)
        }
        for row in 0..<40 {
            for column in 0..<40 {
                #expect((first[row, column] == second[row, column]) == ![3, 38].contains(column))
            }
        }
    }

    @Test(arguments: PanelForm.available)
    func readsAndWritesSubviews(form: PanelForm) {
        let (x, w) = (Matrix.random(20, 50, seed: 4), Matrix.random(21, 30, seed: 5))
        let (whole, part) = (Matrix(rows: 20, columns: 40), Matrix(rows: 11, columns: 21))
        let copy = x.part(rows: 3..<14, columns: 7..<37)
        PanelForm.$current.withValue(form) {
            multiply(
                x.view.rows(3..<14).columns(7..<37), DenseMatrix(w), into: whole.view.rows(5..<16).columns(10..<31))
            multiply(copy.view, DenseMatrix(w), into: part.view)
        }
        #expect(whole.part(rows: 5..<16, columns: 10..<31).isIdentical(to: part))
        for row in 0..<20 {
            for column in 0..<40 where !(5..<16).contains(row) || !(10..<31).contains(column) {
                #expect(whole[row, column] == 0)
            }
        }
    }

    @Test(arguments: [(6, 40, 30), (129, 800, 50), (600, 48, 300), (50, 1500, 1500), (1500, 3000, 50)])
    func isTheSameForAnyThreadsAndCompanions(tokens: Int, inputs: Int, outputs: Int) {
        for form in PanelForm.available {
            PanelForm.$current.withValue(form) { compareThreads(tokens: tokens, inputs: inputs, outputs: outputs) }
        }
    }

    private func compareThreads(tokens: Int, inputs: Int, outputs: Int) {
        let (x, w) = (Matrix.random(tokens, inputs, seed: 6), Matrix.random(outputs, inputs, seed: 7))
        let bias = Matrix.random(1, outputs, seed: 8).values
        let reference = Matrix(rows: tokens, columns: outputs)
        Parallel.$limit.withValue(1) { multiply(x.view, DenseMatrix(w), bias: bias, into: reference.view) }
        for threads in [2, 3, 7] {
            let out = Matrix(rows: tokens, columns: outputs)
            Parallel.$limit.withValue(threads) { multiply(x.view, DenseMatrix(w), bias: bias, into: out.view) }
            #expect(out.isIdentical(to: reference))
        }
        let rowByRow = Matrix(rows: tokens, columns: outputs)
        for t in stride(from: 0, to: tokens, by: 1) {
            multiply(x.view.rows(t..<t + 1), DenseMatrix(w), bias: bias, into: rowByRow.view.rows(t..<t + 1))
        }
        #expect(rowByRow.isIdentical(to: reference))
    }

    @Test func infinitiesStayInTheirRow() {
        let (x, w) = (Matrix.random(9, 20, seed: 10), Matrix.random(20, 20, seed: 11))
        let (clean, out) = (Matrix(rows: 9, columns: 20), Matrix(rows: 9, columns: 20))
        multiply(x.view, DenseMatrix(w), into: clean.view)
        x.base[4 * 20 + 3] = .nan
        multiply(x.view, DenseMatrix(w), into: out.view)
        for t in 0..<9 where t != 4 { #expect(out.isIdentical(to: clean.part(rows: t..<t + 1), rows: t..<t + 1)) }
        #expect((0..<20).allSatisfy { out[4, $0].isNaN })
    }
}
