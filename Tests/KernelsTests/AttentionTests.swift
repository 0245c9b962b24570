import Foundation
import Kernels
import Testing

struct AttentionTests {
    struct Shape: CustomStringConvertible {
        var windows = 1
        var length: Int
        var heads = 1
        var keyHeads = 1
        var size = 8
        var valueSize: Int? = nil
        var visible: Int? = nil
        var bound: Float = 1
        var description: String { "\(windows)x\(length) \(heads)/\(keyHeads) \(size) \(visible ?? 0)" }
    }

    static let shapes = [
        Shape(length: 1), Shape(length: 17, size: 5), Shape(windows: 3, length: 20, heads: 4, keyHeads: 2, size: 16),
        Shape(windows: 2, length: 200, heads: 2, keyHeads: 1, size: 32, valueSize: 20),
        Shape(length: 401, heads: 3, keyHeads: 3, size: 64, bound: 4),
        Shape(length: 450, heads: 1, keyHeads: 1, size: 24, visible: 1),
        Shape(length: 450, heads: 2, keyHeads: 1, size: 24, visible: 37),
        Shape(length: 450, heads: 2, keyHeads: 1, size: 24, visible: 200), Shape(length: 64, size: 12, visible: 500),
        Shape(windows: 5, length: 1, heads: 2, keyHeads: 1, size: 20),
        Shape(length: 33, heads: 2, keyHeads: 2, size: 80),
        Shape(windows: 2, length: 193, heads: 1, keyHeads: 1, size: 40, valueSize: 65),
        Shape(length: 620, heads: 1, keyHeads: 1, size: 128, visible: 64),
    ]

    /// Random heads in one matrix, interleaved as GPT-NeoX does if the counts agree, else one kind after another.
    private func heads(_ shape: Shape) -> (memory: Matrix, q: HeadLayout, k: HeadLayout, v: HeadLayout) {
        let (size, valueSize) = (shape.size, shape.valueSize ?? shape.size)
        let columns = shape.heads * size + shape.keyHeads * (size + valueSize)
        let memory = Matrix.random(shape.windows * shape.length, columns, seed: 3, bound: shape.bound)
        let view = memory.view
        if shape.heads == shape.keyHeads && size == valueSize {
            let layouts = (0..<3).map {
                HeadLayout(base: view, firstColumn: $0 * size, headStride: 3 * size, count: shape.heads, size: size)
            }
            return (memory, layouts[0], layouts[1], layouts[2])
        }
        let (keyStart, valueStart) = (shape.heads * size, (shape.heads + shape.keyHeads) * size)
        return (
            memory, HeadLayout(base: view, headStride: size, count: shape.heads, size: size),
            HeadLayout(base: view, firstColumn: keyStart, headStride: size, count: shape.keyHeads, size: size),
            HeadLayout(
                base: view, firstColumn: valueStart, headStride: valueSize, count: shape.keyHeads, size: valueSize)
        )
    }

    /// Attention of one query in Double, straight from the definition.
    private func plain(
        _ shape: Shape, _ q: HeadLayout, _ k: HeadLayout, _ v: HeadLayout, row: Int, head: Int, scale: Float
    ) -> [Double] {
        let start = row / shape.length * shape.length
        let seen = max(start, row - (shape.visible ?? shape.length) + 1)...row
        let keyHead = head / (q.count / k.count)
        let scores = seen.map { key in
            (0..<q.size).reduce(0.0) {
                $0 + Double(q.row(row, head: head)[$1]) * Double(k.row(key, head: keyHead)[$1])
            } * Double(scale)
        }
        let largest = scores.reduce(-.infinity, max)
        let weights = scores.map { exp($0 - largest) }
        let total = weights.reduce(0, +)
        return (0..<v.size).map { channel in
            zip(seen, weights).reduce(0.0) { $0 + $1.1 * Double(v.row($1.0, head: keyHead)[channel]) } / total
        }
    }

    private func run(_ shape: Shape, rows: Range<Int>? = nil, positions: Range<Int>? = nil) -> Matrix {
        let (memory, q, k, v) = heads(shape)
        let rows = rows ?? 0..<memory.rows
        func part(_ layout: HeadLayout) -> HeadLayout {
            var layout = layout
            layout.base = layout.base.rows(rows)
            return layout
        }
        let outRows = rows.count / shape.length * (positions?.count ?? shape.length)
        let out = Matrix(rows: outRows, columns: shape.heads * v.size)
        withExtendedLifetime(memory) {
            attention(
                queries: part(q), keys: part(k), values: part(v), windowLength: shape.length, scale: 0.3,
                slidingWindow: shape.visible, positions: positions, into: out.view)
        }
        return out
    }

    @Test(arguments: shapes, PanelForm.available)
    func agreesWithTheDefinition(shape: Shape, form: PanelForm) {
        PanelForm.$current.withValue(form) { compareWithTheDefinition(shape) }
    }

    private func compareWithTheDefinition(_ shape: Shape) {
        let (memory, q, k, v) = heads(shape)
        let out = run(shape)
        for row in 0..<memory.rows {
            for head in 0..<shape.heads {
                let expected = plain(shape, q, k, v, row: row, head: head, scale: 0.3)
                for channel in 0..<v.size {
                    // Scores reach size·bound², and their rounding error moves the weights by as much.
                    let tolerance = Double(shape.bound) * 1e-6 * max(1, Double(shape.bound * shape.bound))
                    #expect(abs(Double(out[row, head * v.size + channel]) - expected[channel]) <= tolerance)
                }
            }
        }
    }

    @Test(.enabled(if: Processor.availableLoops.count > 1, "needs AVX-512"), arguments: shapes)
    func isTheSameForAnyRegisters(shape: Shape) {
        let outs = Processor.availableLoops.map { loops in Processor.$loops.withValue(loops) { run(shape) } }
        #expect(outs.allSatisfy { $0.isIdentical(to: outs[0]) })
    }

    @Test(arguments: shapes, PanelForm.available)
    func isTheSameForAnyThreadsAndWindows(shape: Shape, form: PanelForm) {
        PanelForm.$current.withValue(form) { compareThreadsAndWindows(shape) }
    }

    private func compareThreadsAndWindows(_ shape: Shape) {
        let reference = Parallel.$limit.withValue(1) { run(shape) }
        for threads in [2, 3] {
            let out = Parallel.$limit.withValue(threads) { run(shape) }
            #expect(out.isIdentical(to: reference))
        }
        for window in 0..<shape.windows {
            let rows = window * shape.length..<(window + 1) * shape.length
            let alone = run(shape, rows: rows)
            #expect(reference.isIdentical(to: alone, rows: rows))
        }
    }

    @Test(arguments: shapes, PanelForm.available)
    func somePositionsAttendAsAllDo(shape: Shape, form: PanelForm) {
        PanelForm.$current.withValue(form) {
            let whole = run(shape)
            for positions in [
                0..<shape.length - 1, shape.length / 2..<shape.length - 1, shape.length - 1..<shape.length,
            ]
            where !positions.isEmpty {
                let part = run(shape, positions: positions)
                for window in 0..<shape.windows {
                    let rows =
                        window * shape.length + positions.lowerBound..<window * shape.length + positions.upperBound
                    let found = part.part(rows: window * positions.count..<(window + 1) * positions.count)
                    #expect(whole.isIdentical(to: found, rows: rows))
                }
            }
        }
    }

    @Test(arguments: PanelForm.available)
    func looksAtNoLaterTokenAndNoOtherWindow(form: PanelForm) {
        PanelForm.$current.withValue(form) { changeOneToken() }
    }

    private func changeOneToken() {
        let shape = Shape(windows: 2, length: 220, size: 8)
        let (memory, q, k, v) = heads(shape)
        let (clean, out) = (Matrix(rows: 440, columns: 8), Matrix(rows: 440, columns: 8))
        attention(queries: q, keys: k, values: v, windowLength: 220, scale: 1, into: clean.view)
        memory.view.row(100).update(repeating: 5, count: memory.columns)
        attention(queries: q, keys: k, values: v, windowLength: 220, scale: 1, into: out.view)
        for rows in [0..<100, 220..<440] { #expect(out.isIdentical(to: clean.part(rows: rows), rows: rows)) }
        #expect((100..<220).allSatisfy { out[$0, 3] != clean[$0, 3] })
    }

    @Test(arguments: PanelForm.available)
    func takesScoresOfAnySize(form: PanelForm) {
        PanelForm.$current.withValue(form) { attendToLargeScores() }
    }

    private func attendToLargeScores() {
        let shape = Shape(length: 300, size: 4, bound: 1e4)
        let (memory, q, k, v) = heads(shape)
        let out = Matrix(rows: memory.rows, columns: 4)
        withExtendedLifetime(memory) {
            attention(queries: q, keys: k, values: v, windowLength: 300, scale: 1, into: out.view)
        }
        #expect(out.values.allSatisfy { abs($0) <= 1e4 * 1.00001 })
    }
}
