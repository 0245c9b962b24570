import Kernels
import LanguageModel
import Testing
import Vectors

struct ActivationFunctionTests {
    private static let inputs: [Float] = [-6.5, -2.0, -0.3, 0.0, 0.7, 3.1, 12.0]

    /// Values of transformers 5.23's functions at the inputs above.
    private static let golden: [(PlainActivation, [Float])] = [
        (.quickGelu, [-0.00010193112, -0.064341374, -0.11251587, 0.0, 0.53689396, 3.0842338, 12.0]),
        (.clippedGelu, [-0.0, -0.045500278, -0.11462658, 0.0, 0.53062546, 3.0970004, 10.0]),
        (.hardSwish, [-0.0, -0.33333334, -0.13500001, 0.0, 0.43166664, 3.0999997, 12.0]),
        (.leakyRelu, [-0.064999998, -0.02, -0.003, 0.0, 0.69999999, 3.0999999, 12.0]),
        (.identity, [-6.5, -2.0, -0.30000001, 0.0, 0.69999999, 3.0999999, 12.0]),
        (.laplace, [0.0, 0.0, 0.0001784265, 0.0060944557, 0.48995024, 1.0, 1.0]),
        (.mish, [-0.0097650085, -0.25250146, -0.15113318, 0.0, 0.56114835, 3.0885003, 12.0]),
        (.relu6, [0.0, 0.0, 0.0, 0.0, 0.69999999, 3.0999999, 6.0]),
        (.sigmoid, [0.0015011822, 0.11920292, 0.42555749, 0.5, 0.66818774, 0.95689273, 0.9999938]),
        (.squareRootSoftplus, [0.038759645, 0.35626957, 0.74455041, 0.83255458, 1.0503266, 1.7731509, 3.4641025]),
        (.tanh, [-0.99999547, -0.96402758, -0.29131263, 0.0, 0.60436779, 0.99594939, 1.0]),
    ]

    @Test func plainOnesAgreeWithTransformers() {
        #expect(Set(Self.golden.map(\.0)) == Set(PlainActivation.allCases))
        for (function, expected) in Self.golden {
            for (input, expected) in zip(Self.inputs, expected) {
                #expect(abs(function(input) - expected) <= 2e-7 + 3e-7 * abs(expected), "\(function)(\(input))")
            }
        }
    }

    /// Values of transformers 5.23's functions with parameters of 0.37, and of 0.4 and −0.9.
    private static let learned: [(LearnedActivation, [Float])] = [
        (
            LearnedActivation(.prelu, parameters: [0.37]),
            [-2.405, -0.74000001, -0.11100001, 0.0, 0.69999999, 3.0999999, 12.0]
        ),
        (
            LearnedActivation(.xielu, parameters: [0.4, -0.9]),
            [1.3776107, -0.045008421, -0.11566561, -8.4115345e-07, 0.79737747, 10.324076, 137.47418]
        ),
    ]

    @Test func learnedOnesAgreeWithTransformers() {
        #expect(Self.learned.map(\.0.kind) == LearnedActivation.Kind.allCases)
        for (function, expected) in Self.learned {
            for (input, expected) in zip(Self.inputs, expected) {
                #expect(abs(function(input) - expected) <= 2e-7 + 3e-7 * abs(expected), "\(function)(\(input))")
            }
        }
    }

    @Test func everyNameIsKnownAndOthersAreNot() {
        for name in ActivationFunction.names { #expect(ActivationFunction(named: name) != nil, "\(name)") }
        #expect(ActivationFunction(named: "gelu_13") == nil)
        #expect(ActivationFunction(named: "gelu_fast") == .vectorized(.geluTanh))
    }
}
