import Checkpoint
import Compression
import Kernels
import Testing

struct ChannelScalesTests {
    @Test func awqFollowsLlmAwq() {
        // torch: s = x.pow(0.5).clamp(min=1e-4); s / (s.max() * s.min()).sqrt()
        let found = AWQ.scales(meanMagnitude: [0.01, 0.25, 4, 1], exponent: 0.5)
        for (found, expected) in zip(found, [0.22360680, 1.1180340, 4.4721360, 2.2360680] as [Float]) {
            #expect(abs(found - expected) < 1e-6)
        }
        #expect(AWQ.scales(meanMagnitude: [0.01, 0.25, 4, 1], exponent: 0) == [1, 1, 1, 1])
        #expect(AWQ.exponents.count == 20 && AWQ.exponents.last == 0.95)
    }

    @Test func deadChannelsHaveNoSay() {
        let (live, all) = ([0.01, 0.25, 4], [0.01, 0, 0.25, 4])
        let alone = AWQ.scales(meanMagnitude: live, exponent: 0.6)
        #expect(AWQ.scales(meanMagnitude: all, exponent: 0.6) == [alone[0], 1, alone[1], alone[2]])
        #expect(AWQ.scales(meanMagnitude: [0, 0], exponent: 0.6) == [1, 1])
        #expect(SmoothQuant.scales(inputs: [0, 16], weights: [1, 0.25]) == [1, 8])
        #expect(AWEQ.scales(inputRanges: [0, 2, 8], weightRanges: [1, 0, 0.5]) == [1, 1, 4])
    }

    /// Dilated columns stay inside their groups' ranges, and each has a row that holds it there.
    @Test(arguments: [3, 6], [true, false])
    func dilationFillsRangesWithoutWideningThem(groupLength: Int, symmetric: Bool) {
        let weight = DenseMatrix(
            Matrix(rows: 2, columns: 6, [1, 0.5, -0.25, 0, 2, -4, -1, 0.25, 0.5, 0, 1, 2]))
        let found = WeightDilation.scales(weight, groupLength: groupLength, symmetric: symmetric)
        let expected: [Float] =
            switch (groupLength, symmetric) {
            case (3, true): [1, 2, 2, 1, 2, 1]
            case (3, false): [1, 2, 1, 1, 1, 1]
            case (6, true): [2, 8, 4, 1, 2, 1]
            default: [1, 4, 4, 1, 1, 1]
            }
        #expect(found == expected)
    }
}
