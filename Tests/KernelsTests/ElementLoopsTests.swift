import Kernels
import TestSupport
import Testing
import Vectors

/// The loops over elements as compiled for different registers, against each other.
@Suite(
    "loops for registers of 512 bits give the bits of the others",
    .enabled(if: Processor.availableLoops.count > 1, "needs AVX-512"))
struct ElementLoopsTests {
    /// The values that each kind of loop leaves.
    private func agree(_ values: (ElementLoops) -> [[Float]], _ comment: Comment) {
        let all = Processor.availableLoops.map { values($0).map { $0.map(\.bitPattern) } }
        #expect(all.allSatisfy { $0 == all[0] }, comment)
    }

    /// Floats of every magnitude and both signs.
    private func samples(_ count: Int) -> [Float] {
        var random = SeededGenerator(seed: 7)
        return (0..<count).map { _ in
            let value = Float(bitPattern: .random(in: 0...0x7f80_0000, using: &random))
            return .random(using: &random) ? value : .random(in: -20...20, using: &random)
        }
    }

    @Test(arguments: Activation.allCases, [1, 15, 16, 31, 4096])
    func activations(activation: Activation, count: Int) {
        let (x, factor) = (samples(count), Matrix.random(1, count, seed: 2).values)
        for factors in [nil, factor] {
            agree(
                { loops in
                    // One element more, which stays as it is.
                    var result = [Float](repeating: 3, count: count + 1)
                    result.withUnsafeMutableBufferPointer { result in
                        guard let base = result.baseAddress else { return }
                        x.withUnsafeBufferPointer { x in
                            (factors ?? []).withUnsafeBufferPointer { factor in
                                loops.activate(
                                    ActivatedRow(
                                        activation, of: x.baseAddress ?? UnsafePointer(base),
                                        times: factors == nil ? nil : factor.baseAddress, into: base, count: count))
                            }
                        }
                    }
                    #expect(result[count] == 3)
                    return [result]
                }, "\(count)")
        }
    }

    @Test(arguments: [16, 32, 48, 256, 8192])
    func vocabulary(count: Int) {
        let baseline = Matrix(rows: 1, columns: count, samples(count).map { -abs($0) })
        let logits = Matrix.random(1, count, seed: 4, bound: 30)
        logits.base[count - 1] = -0x1p100
        agree(
            { loops in
                let weights = Matrix(rows: 1, columns: count)
                let first = LogitBlock(
                    logits: baseline.base, baseline: baseline.base, weights: weights.base, count: count)
                let block = LogitBlock(
                    logits: logits.base, baseline: baseline.base, weights: weights.base, count: count)
                let (low, high) = (loops.largest(first), loops.largest(block))
                #expect(low == baseline.values.max() && high == logits.values.max())
                let sum = loops.exponentiate(first, low)
                let compared = loops.compare(block, high)
                let doubles = [sum, compared.sum, compared.difference].map(\.bitPattern)
                return [
                    weights.values,
                    doubles.flatMap {
                        [Float(bitPattern: UInt32($0 >> 32)), Float(bitPattern: UInt32(truncatingIfNeeded: $0))]
                    },
                ]
            }, "\(count)")
    }

    @Test(arguments: [1, 2, 7, 192])
    func softmax(keys: Int) {
        agree(
            { loops in
                var softmax = OnlineSoftmax()
                let sums = Matrix.random(5, 16, seed: 5)
                var left: [[Float]] = []
                for block in 0..<3 {
                    let scores = Matrix.random(keys, 16, seed: 6 + UInt64(block), bound: 30)
                    for lane in 0..<9 { scores.view.row(keys - 1)[lane] = -.infinity }
                    loops.accumulate(&softmax, scores.base, keys, sums.base, 5)
                    left.append(scores.values)
                }
                return left + [sums.values, (0..<16).map { softmax.total[$0] }]
            }, "\(keys)")
    }
}
