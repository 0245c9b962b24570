import Foundation
import Kernels
import Testing
import Vectors

struct ActivationTests {
    /// The function of one value in Double.
    private func reference(_ activation: Activation, _ x: Double) -> Double {
        switch activation {
        case .gelu: 0.5 * x * erfc(-x / 2.0.squareRoot())
        case .geluTanh: x / (1 + exp(-2 * (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        case .silu: x / (1 + exp(-x))
        case .relu: max(x, 0)
        case .reluSquared: x > 0 ? x * x : 0
        }
    }

    /// Floats of every magnitude and both signs, and many near the functions' bends.
    private var samples: Matrix {
        var values = stride(from: UInt32(0), to: 0x7f80_0000, by: 99_991).map { Float(bitPattern: $0) }
        values += stride(from: Float(0.01), to: 130, by: 0.00317)
        values += values.map { -$0 }
        return Matrix(rows: 1, columns: values.count, values)
    }

    @Test(arguments: Activation.allCases)
    func staysWithinTheStatedError(activation: Activation) {
        for loops in Processor.availableLoops {
            Processor.$loops.withValue(loops) { checkError(activation) }
        }
    }

    private func checkError(_ activation: Activation) {
        let (x, out) = (samples, samples)
        apply(activation, to: out.view)
        var worst = (error: 0.0, at: Float(0))
        for (x, value) in zip(x.values, out.values) {
            let error = ulps(value, reference(activation, Double(x)))
            if error > worst.error { worst = (error, x) }
        }
        #expect(worst.error <= 2, "at \(worst.at)")
    }

    /// Values that PyTorch gives.
    @Test func agreesWithPyTorch() {
        let x: [Float] = [-6, -3.5, -1, -0.1, 0, 0.1, 1, 3.5, 6]
        for (activation, values) in goldenActivations {
            let out = Matrix(rows: 1, columns: x.count, x)
            apply(activation, to: out.view)
            for (value, golden) in zip(out.values, values) {
                #expect(ulps(value, Double(golden)) <= 3, "\(activation)")
            }
        }
    }

    @Test(arguments: Activation.allCases, [1, 15, 16, 37])
    func gatesAsItApplies(activation: Activation, columns: Int) {
        let (gate, up) = (Matrix.random(3, columns, seed: 1, bound: 5), Matrix.random(3, columns, seed: 2))
        let (applied, out) = (Matrix(rows: 3, columns: columns, gate.values), Matrix(rows: 3, columns: columns))
        apply(activation, to: applied.view)
        applyGated(activation, gate: gate.view, up: up.view, into: out.view)
        #expect(out.values == zip(applied.values, up.values).map(*))
        applyGated(activation, gate: gate.view, up: up.view, into: gate.view)
        #expect(gate.values == out.values)
    }

    @Test(arguments: Activation.allCases)
    func keepsNotANumberInItsPlace(activation: Activation) {
        let x = Matrix(rows: 1, columns: 10, [1, .nan, 1, 1, 1, 1, 1, 1, 1, .nan])
        apply(activation, to: x.view)
        #expect(x.values.indices.filter { x.values[$0].isNaN } == [1, 9])
    }
}

private let goldenActivations: [(Activation, [Float])] = [
    (
        .gelu,
        [-5.91952576e-09, -0.000814201776, -0.158655256, -0.0460172184, 0, 0.0539827831, 0.841344774, 3.4991858, 6]
    ),
    (
        .geluTanh,
        [-8.43964898e-11, -0.000616197649, -0.158808008, -0.0460172482, 0, 0.0539827533, 0.841192007, 3.49938369, 6]
    ),
    (
        .silu,
        [
            -0.0148357386, -0.102592811, -0.268941432, -0.0475020818, 0, 0.0524979196, 0.731058598, 3.39740729,
            5.98516417,
        ]
    ),
    (.relu, [0, 0, 0, 0, 0, 0.100000001, 1, 3.5, 6]),
    (.reluSquared, [0, 0, 0, 0, 0, 0.0100000007, 1, 12.25, 36]),
]
