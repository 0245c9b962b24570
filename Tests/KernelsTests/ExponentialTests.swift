import Foundation
import Kernels
import Testing
import Vectors

struct ExponentialTests {
    private func worstError(_ values: some Sequence<Float>, _ function: (SIMD16<Float>) -> SIMD16<Float>) -> Double {
        values.reduce(0) { worst, x in
            max(worst, ulps(function(SIMD16(repeating: x))[3], exp(Double(x))))
        }
    }

    @Test func staysWithinOneUnit() {
        #expect(worstError(stride(from: Float(-110), to: 95, by: 0.00071), { exponential($0) }) <= 1)
        let bits = stride(from: UInt32(0), to: 0xff80_0000, by: 77_777).map { Float(bitPattern: $0) }
        #expect(worstError(bits.filter { !$0.isNaN }, { exponential($0) }) <= 1)
        let negative = stride(from: Float(-87.25), through: 0, by: 0.00033)
        #expect(worstError(negative, { exponentialOfNonPositive($0) }) <= 1)
    }

    @Test func hasTheRightLimits() {
        let few = SIMD8<Float>(-.infinity, .infinity, .nan, 0, -0.0, 1000, -1000, -87.4)
        let x = SIMD16(lowHalf: few, highHalf: few)
        let y = exponential(x)
        #expect(
            y[0] == 0 && y[1] == .infinity && y[2].isNaN && y[3] == 1 && y[4] == 1 && y[5] == .infinity && y[6] == 0)
        #expect(y[7] > 0)
        let z = exponentialOfNonPositive(x)
        #expect(z[0] == 0 && z[2].isNaN && z[3] == 1 && z[4] == 1 && z[6] == 0 && z[7] == 0)
    }

    @Test func isZeroFarBelow() {
        for x in stride(from: UInt32(0xc2ae_b333), through: 0xff80_0000, by: 65_521).map({ Float(bitPattern: $0) }) {
            #expect(exponentialOfNonPositive(SIMD16(repeating: x))[5] == 0, "\(x)")
        }
    }
}
