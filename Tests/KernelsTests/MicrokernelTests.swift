import Kernels
import Testing

/// The two microkernels against each other, where the processor has both.
struct MicrokernelTests {
    @Test(
        "vectors of 512 and 256 bits give the same bits, at all edges, and write nothing beside the target",
        .enabled(if: Processor.usesAVX512, "needs AVX-512"), arguments: [0, 1, 7, 64, 384])
    func sameBits(depth: Int) {
        let (a, b) = (Matrix.random(9, 6 * depth + 5, seed: 1), Matrix.random(1, 32 * depth + 20, seed: 2))
        let (start, before) = (Matrix.random(1, 32, seed: 3), Matrix.random(52, 39, seed: 4))
        func product(rows: Int, columns: Int, starts: Bool, wide: Bool) -> Matrix {
            let out = Matrix(rows: 52, columns: 39, before.values)
            multiplyTiles(
                depth: depth, a.base, panelStride: a.columns, b.base, blockStride: 16 * depth + 3,
                start: starts ? start.base : nil,
                into: TileTarget(base: out.base + 40, stride: 39, blockStride: 18, rows: rows, columns: columns),
                wide: wide)
            return out
        }
        for rows in 0...50 {
            for columns in 1...32 {
                for starts in [true, false] {
                    let narrow = product(rows: rows, columns: columns, starts: starts, wide: false)
                    let wide = product(rows: rows, columns: columns, starts: starts, wide: true)
                    #expect(narrow.isIdentical(to: wide), "\(rows) x \(columns)")
                }
            }
        }
    }
}
