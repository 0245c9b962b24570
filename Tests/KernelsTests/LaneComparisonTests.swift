import Kernels
import Testing

@Suite struct LaneComparisonTests {
    private static let values: [Float] = [
        -.greatestFiniteMagnitude, -1.5, -.leastNonzeroMagnitude, -0.0, 0, .leastNonzeroMagnitude,
        .leastNormalMagnitude, 1,
        1 + .ulpOfOne, 2, .greatestFiniteMagnitude,
    ]

    @Test func masksAndChoicesAreThoseOfScalars() {
        for left in Self.values {
            for right in Self.values {
                let mask = SIMD8(repeating: left).isBelow(SIMD8(repeating: right))
                #expect(mask == SIMD8(repeating: left < right ? -1 : 0), "\(left) \(right)")
                let chosen = SIMD8(repeating: left).choosing(SIMD8(repeating: right), where: mask)
                #expect(chosen == SIMD8(repeating: max(left, right)))
            }
        }
    }

    @Test func eachLaneIsItsOwn() {
        let left = SIMD8<Float>(1, 2, 3, 4, 5, 6, 7, 8)
        let right = SIMD8<Float>(8, 7, 6, 5, 4, 3, 2, 1)
        let mask = left.isBelow(right)
        #expect(mask == SIMD8(-1, -1, -1, -1, 0, 0, 0, 0))
        #expect(left.choosing(right, where: mask) == SIMD8(8, 7, 6, 5, 5, 6, 7, 8))
        #expect(left.patterns == SIMD8(left.indices.map { Int32(bitPattern: left[$0].bitPattern) }))
    }
}
