import Compression
import Kernels
import LanguageModel
import TestSupport
import Testing

struct ActivationQuantizationTests {
    private static let inputs: [Float] = [
        0.1, -0.25, 3.7, 0.02, -1.4, 0.6, 2.2, -0.03,
        -5.0, 1.0, 0.5, 0.25, 4.9, 0.0, -2.5, 1.25,
        0, 0, 0, 0, 0, 0, 0, 0,
        1e-3, 2e-3, -3e-3, 4e-3, 5e-3, 2.5e-3, -1e-3, 0.5e-3,
    ]

    /// What compressed-tensors 0.20 makes of these tokens (`compute_dynamic_scales_and_zp`, `fake_quantize`).
    private static let expected: [(rounding: ActivationQuantizer, values: [Float])] = [
        (
            .init(bits: 8, scale: .token),
            [
                0.0870588273, -0.261176467, 3.68549037, 0.0290196091, -1.39294124, 0.609411776, 2.20549035,
                -0.0290196091, -4.98039246, 1.0196079, 0.509803951, 0.235294133, 4.90196085, 0, -2.50980401, 1.25490201,
                0, 0, 0, 0, 0, 0, 0, 0, 0.00101960788, 0.00200000009, -0.00298039219, 0.00400000019, 0.00498039229,
                0.00250980398, -0.00101960788, 0.00050980394,
            ]
        ),
        (
            .init(bits: 8, scale: .asymmetricToken),
            [
                0.099999994, -0.239999995, 3.69999981, 0.0199999996, -1.39999998, 0.599999964, 2.20000005,
                -0.0399999991,
                -5.00823498, 1.00941169, 0.504705846, 0.232941151, 4.89176416, 0, -2.48470569, 1.24235284, 0, 0, 0, 0,
                0,
                0, 0, 0, 0.0010039215, 0.002007843, -0.00301176449, 0.00401568599, 0.00498823496, 0.00250980374,
                -0.0010039215, 0.000501960749,
            ]
        ),
        (
            .init(bits: 6, scale: .token),
            [
                0.117460318, -0.234920636, 3.64126992, 0, -1.40952384, 0.587301612, 2.23174596, 0, -4.92063522,
                0.952381015, 0.476190507, 0.317460328, 4.92063522, 0, -2.53968263, 1.26984131, 0, 0, 0, 0, 0, 0, 0, 0,
                0.000952380942, 0.00206349208, -0.00301587279, 0.00396825373, 0.00492063491, 0.00253968243,
                -0.000952380942, 0.000476190471,
            ]
        ),
        (
            .init(bits: 4, scale: .token),
            [
                0, -0.49333334, 3.45333338, 0, -1.48000002, 0.49333334, 1.97333336, 0, -5.33333349, 1.33333337,
                0.666666687, 0, 4.66666698, 0, -2.66666675, 1.33333337, 0, 0, 0, 0, 0, 0, 0, 0, 0.00133333332,
                0.00199999986, -0.00266666664, 0.00399999972, 0.0046666665, 0.00266666664, -0.00133333332,
                0.00066666666,
            ]
        ),
        (
            .init(bits: 4, scale: .asymmetricToken),
            [
                0, -0.340000004, 3.74000001, 0, -1.36000001, 0.680000007, 2.03999996, 0, -5.27999973, 1.31999993,
                0.659999967, 0, 4.61999989, 0, -2.63999987, 1.31999993, 0, 0, 0, 0, 0, 0, 0, 0, 0.00106666656,
                0.00213333312, -0.00319999969, 0.00426666625, 0.0047999993, 0.00266666641, -0.00106666656,
                0.000533333281,
            ]
        ),
        (
            .init(bits: 8, scale: .tensor(scale: 0.02, zero: 0)),
            [
                0.099999994, -0.239999995, 2.53999996, 0.0199999996, -1.39999998, 0.599999964, 2.20000005,
                -0.0399999991,
                -2.55999994, 1, 0.5, 0.239999995, 2.53999996, 0, -2.5, 1.24000001, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                0,
                0, 0, 0,
            ]
        ),
        (
            .init(bits: 8, scale: .tensor(scale: 0.03, zero: -20)),
            [
                0.0899999961, -0.239999995, 3.68999982, 0.0299999993, -1.40999997, 0.599999964, 2.19000006,
                -0.0299999993, -3.24000001, 0.98999995, 0.50999999, 0.239999995, 4.40999985, 0, -2.49000001, 1.25999999,
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            ]
        ),
        (
            .init(bits: 8, scale: .float8Token),
            [
                0.0991071463, -0.247767851, 3.70000005, 0.0206473209, -1.45357144, 0.594642878, 2.11428571,
                -0.0309709813, -5, 0.982142866, 0.491071433, 0.245535716, 5, 0, -2.5, 1.25, 0, 0, 0, 0, 0, 0, 0, 0,
                0.000982142868, 0.00196428574, -0.00285714283, 0.00392857147, 0.00499999989, 0.00249999994,
                -0.000982142868, 0.000491071434,
            ]
        ),
        (
            .init(bits: 8, scale: .float8Group(length: 4)),
            [
                0.0991071463, -0.247767851, 3.70000005, 0.0206473209, -1.41428578, 0.589285731, 2.20000005,
                -0.0294642858, -5, 0.982142866, 0.491071433, 0.245535716, 4.9000001, 0, -2.45000005, 1.22500002, 0, 0,
                0, 0, 0, 0, 0, 0, 0.00100000005, 0.00200000009, -0.00285714306, 0.00400000019, 0.00499999989,
                0.00249999994, -0.000982142868, 0.000491071434,
            ]
        ),
    ]

    /// The same of 16 inputs a token as NVFP4 has them, with the global scale of a greatest magnitude of 7.
    private static let expectedNVFP4: [Float] = [
        0, -0.416666627, 3.33333302, 0, -1.24999988, 0.416666627, 2.49999976, -0.0, -4.99999952, 0.833333254,
        0.416666627, 0.416666627, 4.99999952, 0, -2.49999976, 1.24999988, 0, 0, 0, 0, 0, 0, 0, 0, 0.000813802006,
        0.00162760401, -0.00325520802, 0.00325520802, 0.00488281203, 0.00244140602, -0.000813802006, 0.000406901003,
    ]

    private func rounded(_ values: [Float], columns: Int, _ rounding: ActivationQuantizer) -> [Float] {
        let matrix = Matrix(rows: values.count / columns, columns: columns, values)
        rounding.apply(to: matrix.view)
        return matrix.values
    }

    @Test(arguments: expected.indices)
    func equalsCompressedTensors(index: Int) {
        let (rounding, values) = Self.expected[index]
        #expect(rounded(Self.inputs, columns: 8, rounding) == values)
    }

    @Test func fourBitFloatsEqualCompressedTensors() {
        let global = NVFP4.globalScale(largest: 7)
        #expect(global == 384.00003)
        #expect(rounded(Self.inputs, columns: 16, .init(bits: 4, scale: .nvfp4(global: global))) == Self.expectedNVFP4)
    }

    @Test(arguments: [4, 6, 8], [ActivationQuantizer.Scale.token, .asymmetricToken])
    func errorsStayBelowTheStep(bits: Int, scale: ActivationQuantizer.Scale) {
        var random = SeededGenerator(seed: UInt64(bits))
        let values = (0..<37 * 29).map { _ in random.normal() }
        let found = rounded(values, columns: 37, ActivationQuantizer(bits: bits, scale: scale))
        for row in 0..<29 {
            let range = row * 37..<(row + 1) * 37
            let largest = values[range].map(abs).max() ?? 0
            let step = 2 * largest / Float(1 << bits - 1)
            for index in range { #expect(abs(values[index] - found[index]) <= step * 1.0001) }
            #expect(Set(found[range]).count <= 1 << bits)
        }
    }

    /// The codes of BitNet's rounding over the divisors that come with them are what it rounds to.
    @Test func codesAreWholeNumbersToDivide() throws {
        var random = SeededGenerator(seed: 3)
        let values = (0..<5 * 23).map { _ in random.normal() } + [Float](repeating: 0, count: 23)
        let codes = Matrix(rows: 6, columns: 23, values)
        let divisors = try #require(ActivationQuantizer.bitNetCodes.apply(to: codes.view))
        #expect(divisors.count == 6 && divisors[5] == 127 / 1e-5)
        #expect(codes.values.allSatisfy { $0 == $0.rounded() && abs($0) <= 127 })
        let divided = codes.values.indices.map { codes.values[$0] / divisors[$0 / 23] }
        #expect(divided == rounded(values, columns: 23, .bitNet))
    }

    /// An infinity or NaN in a token makes the token NaN or keeps it, so that it is seen at the end of the layer.
    @Test func whatIsNotFiniteStaysSo() {
        for bad in [Float.nan, .infinity] {
            for scale in [ActivationQuantizer.Scale.token, .asymmetricToken, .bitNet, .bitNetCodes] {
                let found = rounded([1, bad, 2, 3], columns: 4, ActivationQuantizer(bits: 8, scale: scale))
                #expect(found.contains { !$0.isFinite })
            }
        }
        #expect(rounded([1, .nan], columns: 2, .init(bits: 8, scale: .tensor(scale: 1, zero: 0)))[1].isNaN)
    }
}
