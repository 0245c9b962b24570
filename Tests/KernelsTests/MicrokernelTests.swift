import Kernels
import Testing

/// The two microkernels against each other, where the processor has both.
struct MicrokernelTests {
    @Test(
        "vectors of 512 and 256 bits give the same bits, at all edges, and write nothing beside the target",
        .enabled(if: Processor.usesAVX512), arguments: [0, 1, 7, 64, 384])
    func sameBits(depth: Int) {
        let (a, b) = (Matrix.random(9, 6 * depth + 5, seed: 1), Matrix.random(1, 16 * depth + 1, seed: 2))
        let (start, before) = (Matrix.random(1, 16, seed: 3), Matrix.random(52, 19, seed: 4))
        func product(rows: Int, columns: Int, starts: Bool, wide: Bool) -> Matrix {
            let out = Matrix(rows: 52, columns: 19, before.values)
            multiplyTiles(
                depth: depth, a.base, panelStride: a.columns, b.base, start: starts ? start.base : nil,
                into: TileTarget(base: out.base + 20, stride: 19, rows: rows, columns: columns), wide: wide)
            return out
        }
        for rows in 0...50 {
            for columns in 1...16 {
                for starts in [true, false] {
                    let narrow = product(rows: rows, columns: columns, starts: starts, wide: false)
                    let wide = product(rows: rows, columns: columns, starts: starts, wide: true)
                    #expect(narrow.isIdentical(to: wide), "\(rows) x \(columns)")
                }
            }
        }
    }
}
