import Foundation
import Kernels
import TestSupport
import Testing

struct ScoreHeadTests {
    struct Case: CustomStringConvertible {
        var rows: Int
        var depth: Int
        var vocabulary: Int
        var variants: Int
        var shared: Bool
        var description: String { "\(rows)x\(depth)x\(vocabulary), \(variants) variants, shared \(shared)" }
    }

    static let cases = [
        Case(rows: 1, depth: 1, vocabulary: 1, variants: 1, shared: true),
        Case(rows: 40, depth: 20, vocabulary: 1000, variants: 3, shared: true),
        Case(rows: 13, depth: 300, vocabulary: 777, variants: 3, shared: false),
        Case(rows: 7, depth: 520, vocabulary: 5_003, variants: 2, shared: false),
        Case(rows: 210, depth: 33, vocabulary: 256, variants: 2, shared: true),
    ]

    private struct Input {
        let hidden: [Matrix]
        let heads: [Matrix]
        let bias: [Float]?
        var targets: [Int32]

        init(_ shape: Case) {
            let base = Matrix.random(shape.rows, shape.depth, seed: 1, bound: 2)
            hidden = (0..<shape.variants).map { variant in
                let noise = Matrix.random(shape.rows, shape.depth, seed: 10 + UInt64(variant), bound: 0.2)
                let values = zip(base.values, noise.values).map { variant == 0 ? $0 : $0 + $1 }
                return Matrix(rows: shape.rows, columns: shape.depth, values)
            }
            heads = (0..<(shape.shared ? 1 : shape.variants)).map {
                Matrix.random(shape.vocabulary, shape.depth, seed: 20 + UInt64($0 / 2), bound: 0.7)
            }
            bias = shape.rows % 2 == 0 ? nil : Matrix.random(1, shape.vocabulary, seed: 30).values
            var random = SeededGenerator(seed: 40)
            targets = (0..<shape.rows).map { _ in .random(in: 0..<Int32(shape.vocabulary), using: &random) }
            for row in stride(from: 4, to: shape.rows, by: 9) { targets[row] = -1 }
        }

        /// The input of the rows in a range alone.
        func scores(_ rows: Range<Int>? = nil) -> [HeadScores] {
            let rows = rows ?? 0..<targets.count
            var scores: [HeadScores] = []
            scoreHead(
                hidden: hidden.map { $0.view.rows(rows) }, heads: heads.map { DenseMatrix($0) },
                biases: bias.map { bias in heads.map { _ in bias } } ?? [],
                targets: Array(targets[rows]), into: &scores)
            return scores
        }

        /// The logits of one row as the product gives them.
        func logits(_ variant: Int, _ row: Int) -> [Double] {
            let head = heads[heads.count == 1 ? 0 : variant]
            let out = Matrix(rows: 1, columns: head.rows)
            multiply(hidden[variant].view.rows(row..<row + 1), DenseMatrix(head), bias: bias, into: out.view)
            return out.values.map(Double.init)
        }
    }

    private func logSumExp(_ logits: [Double]) -> Double {
        let largest = logits.max() ?? 0
        return largest + log(logits.reduce(0) { $0 + exp($1 - largest) })
    }

    @Test(arguments: cases, PanelForm.available)
    func agreesWithLogitsInFull(shape: Case, form: PanelForm) {
        PanelForm.$current.withValue(form) { compareWithLogits(Input(shape)) }
    }

    private func compareWithLogits(_ input: Input) {
        let scores = input.scores()
        for row in input.targets.indices {
            let baseline = input.logits(0, row)
            let baselineSum = logSumExp(baseline)
            for variant in input.hidden.indices {
                let result = scores[variant]
                guard input.targets[row] >= 0 else {
                    #expect(result.negativeLogLikelihood[row] == 0 && result.argMax[row] == -1)
                    continue
                }
                let logits = input.logits(variant, row)
                let sum = logSumExp(logits)
                #expect(abs(result.logSumExp[row] - sum) < 5e-7)
                #expect(abs(result.negativeLogLikelihood[row] - (sum - logits[Int(input.targets[row])])) < 5e-7)
                #expect(Int(result.argMax[row]) == logits.firstIndex(of: logits.max() ?? 0))
                let divergence = zip(baseline, logits).reduce(0) { total, pair in
                    let logP = pair.0 - baselineSum
                    return total + exp(logP) * (logP - (pair.1 - sum))
                }
                #expect(abs(result.divergence[row] - divergence) < 5e-7 * (1 + divergence))
            }
        }
    }

    @Test(.enabled(if: Processor.availableLoops.count > 1, "needs AVX-512"), arguments: cases)
    func isTheSameForAnyRegisters(shape: Case) {
        let input = Input(shape)
        let scores = Processor.availableLoops.map { loops in Processor.$loops.withValue(loops) { input.scores() } }
        #expect(scores.allSatisfy { $0 == scores[0] })
    }

    @Test(arguments: cases, PanelForm.available)
    func isTheSameForAnyThreadsRowsAndCompanions(shape: Case, form: PanelForm) {
        PanelForm.$current.withValue(form) { compareCompanions(Input(shape)) }
    }

    private func compareCompanions(_ input: Input) {
        let reference = Parallel.$limit.withValue(1) { input.scores() }
        for threads in [2, 3] {
            let scores = Parallel.$limit.withValue(threads) { input.scores() }
            #expect(scores == reference)
        }
        for row in stride(from: 0, to: input.targets.count, by: 5) {
            let alone = input.scores(row..<row + 1)
            for variant in alone.indices {
                #expect(alone[variant].negativeLogLikelihood[0] == reference[variant].negativeLogLikelihood[row])
                #expect(alone[variant].divergence[0] == reference[variant].divergence[row])
            }
        }
        var alone: [HeadScores] = []
        scoreHead(
            hidden: [input.hidden[0].view], heads: [DenseMatrix(input.heads[0])], biases: input.bias.map { [$0] } ?? [],
            targets: input.targets, into: &alone)
        #expect(alone[0] == reference[0])
    }

    @Test func anUnchangedVariantHasNoDivergence() {
        let input = Input(Case(rows: 9, depth: 50, vocabulary: 3000, variants: 1, shared: true))
        var scores: [HeadScores] = []
        scoreHead(
            hidden: [input.hidden[0].view, input.hidden[0].view], heads: [DenseMatrix(input.heads[0])],
            targets: input.targets, into: &scores)
        #expect(scores[0] == scores[1])
        #expect(scores[1].divergence.allSatisfy { $0 == 0 })
    }

    @Test func theLowestOfEqualLogitsIsTheArgMax() {
        let x = Matrix(rows: 2, columns: 1, [1, -1])
        var values = [Float](repeating: 0, count: 900)
        for token in [300, 301, 777] { values[token] = 5 }
        for token in [260, 511, 899] { values[token] = -5 }
        var scores: [HeadScores] = []
        let head = Matrix(rows: 900, columns: 1, values)
        scoreHead(hidden: [x.view], heads: [DenseMatrix(head)], targets: [0, 0], into: &scores)
        #expect(scores[0].argMax == [300, 260])
        withExtendedLifetime(x) {}
    }

    @Test func takesLogitsOfAnySize() {
        let x = Matrix(rows: 1, columns: 1, [1])
        let head = Matrix(rows: 600, columns: 1, (0..<600).map { Float($0) * 1e5 - 3e7 })
        var scores: [HeadScores] = []
        scoreHead(hidden: [x.view], heads: [DenseMatrix(head)], targets: [598], into: &scores)
        #expect(scores[0].negativeLogLikelihood == [Double(head.base[599] - head.base[598])])
        withExtendedLifetime(x) {}
    }
}
