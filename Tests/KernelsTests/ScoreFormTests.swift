import Foundation
import Kernels
import Testing
import Vectors

/// What scores pass beyond their scale, against the definition in Double.
struct ScoreFormTests {
    private static let (length, heads, size) = (230, 4, 12)

    private func bias() -> RowTable<Float> {
        let table = RowTable<Float>(rows: Self.heads, columns: Self.length, repeating: 0)
        for head in 0..<Self.heads {
            table.withRow(head) { row in
                for key in 0..<Self.length { row[key] = Float(key) * 0.03 * Float(head) - 2 }
            }
        }
        return table
    }

    @Test(arguments: [0, 1, 2, 3], PanelForm.available)
    func agreesWithTheDefinition(kind: Int, form: PanelForm) {
        let scores = ScoreForm(
            softCap: kind == 0 || kind == 3 ? 1.5 : nil, keyBias: kind == 1 || kind == 3 ? bias() : nil,
            sinks: kind == 2 || kind == 3 ? [-1, 0, 2, 5] : nil)
        let memory = Matrix.random(Self.length, 3 * Self.heads * Self.size, seed: 8, bound: 2)
        let layouts = (0..<3).map {
            HeadLayout(
                base: memory.view, firstColumn: $0 * Self.heads * Self.size, headStride: Self.size, count: Self.heads,
                size: Self.size)
        }
        let out = Matrix(rows: Self.length, columns: Self.heads * Self.size)
        PanelForm.$current.withValue(form) {
            attention(
                queries: layouts[0], keys: layouts[1], values: layouts[2], windowLength: Self.length, scale: 0.4,
                slidingWindow: 100, form: scores, into: out.view)
        }
        for row in 0..<Self.length {
            for head in 0..<Self.heads {
                let expected = plain(layouts, scores, row: row, head: head)
                for channel in 0..<Self.size {
                    #expect(abs(Double(out[row, head * Self.size + channel]) - expected[channel]) < 2e-5)
                }
            }
        }
    }

    private func plain(_ layouts: [HeadLayout], _ form: ScoreForm, row: Int, head: Int) -> [Double] {
        let seen = max(0, row - 99)...row
        let scores = seen.map { key in
            var score =
                (0..<Self.size).reduce(0.0) {
                    $0 + Double(layouts[0].row(row, head: head)[$1]) * Double(layouts[1].row(key, head: head)[$1])
                } * Double(Float(0.4))
            if let cap = form.softCap.map(Double.init) { score = cap * tanh(score / cap) }
            return score + (form.keyBias.map { $0.readRow(head) { Double($0[key]) } } ?? 0)
        }
        let sink = form.sinks.map { Double($0[head]) }
        let largest = max(scores.max() ?? 0, sink ?? -.infinity)
        let weights = scores.map { exp($0 - largest) }
        let total = weights.reduce(sink.map { exp($0 - largest) } ?? 0, +)
        return (0..<Self.size).map { channel in
            zip(seen, weights).reduce(0.0) { $0 + $1.1 * Double(layouts[2].row($1.0, head: head)[channel]) } / total
        }
    }

    @Test func groupsOfHeadsStandWhereTheirStridesSay() {
        let memory = Matrix(rows: 1, columns: 16, (0..<16).map(Float.init))
        let layout = HeadLayout(
            base: memory.view, firstColumn: 1, headStride: 2, count: 4, size: 1, perGroup: 2, groupStride: 7)
        #expect((0..<4).map { layout.row(0, head: $0)[0] } == [1, 3, 8, 10])
    }
}

struct SoftCapTests {
    @Test(arguments: [Float(1), 30, 50])
    func isTheHyperbolicTangent(limit: Float) {
        let values =
            (0..<4096).map { (Float($0) - 2048) / 2048 * limit * 12 } + [1e-7, -1e-20, 0, 1e30].map { $0 * limit }
        let padded = values + [Float](repeating: 0, count: 16 - values.count % 16)
        for loops in Processor.availableLoops {
            var capped = padded
            capped.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                loops.cap(CappedRow(base, count: buffer.count, limit: limit))
            }
            for (found, value) in zip(capped, padded) {
                let expected = Double(limit) * tanh(Double(value) / Double(limit))
                #expect(abs(Double(found) - expected) <= 4e-7 * abs(expected))
            }
        }
    }
}
