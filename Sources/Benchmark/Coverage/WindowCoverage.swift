package import Evaluation
import Mathematics
import Presentation

/// How often ±1.96 standard errors of QiD and KL from some windows of a shard hold the mean over all of them.
///
/// An evaluation of the whole shard is the truth; windows are drawn from it in random orders as cells draw them. Means of
/// n of M windows are nearer to the whole shard's than to that of the text it is a sample of, which standard errors are
/// for, so that errors are taken √(1 − n/M) as large here (the finite-population correction).
package struct WindowCoverage: Sendable, Equatable {
    package let name: String
    package let context: Int
    /// Windows drawn, fewer than the shard has.
    package let sizes: [Int]
    package let repetitions: Int
    /// How often the interval held the truth, by size.
    package let qid: [Int]
    package let kl: [Int]

    /// The sizes that are tried.
    package static let sizes = [32, 64, 128, 256]

    /// The variants of an evaluation of all windows, each with so many draws of each size.
    package static func measure(_ evaluation: Evaluation, repetitions: Int, seed: Int) -> [WindowCoverage] {
        guard let baseline = evaluation.results.first else { return [] }
        return evaluation.results.dropFirst().map { result in
            let scored = Double(evaluation.tokens) / Double(evaluation.windows)
            return WindowCoverage(
                name: result.name, context: evaluation.context, places: result.windowPlaces,
                qid: zip(result.windowNLL, baseline.windowNLL).map { ($0 - $1) / scored },
                kl: result.windowKL.map { $0 / scored }, repetitions: repetitions, seed: seed)
        }
    }

    init(
        name: String, context: Int, places: [Int], qid: [Double], kl: [Double], repetitions: Int, seed: Int
    ) {
        (self.name, self.context, self.repetitions) = (name, context, repetitions)
        let all = places.count
        let sizes = Self.sizes.filter { $0 < all }
        self.sizes = sizes
        var held = (qid: [Int](repeating: 0, count: sizes.count), kl: [Int](repeating: 0, count: sizes.count))
        for repetition in 0..<repetitions {
            let order = WindowOrder.random(seed: seed &+ repetition).places(sizes.last ?? 0, of: all)
            for (index, size) in sizes.enumerated() {
                let drawn = Array(order.prefix(size))
                let blocks = WindowBlocks(places: drawn.map { places[$0] }, context: context)
                let correction = (1 - Double(size) / Double(all)).squareRoot()
                if Self.holds(qid, drawn, blocks, correction) { held.qid[index] += 1 }
                if Self.holds(kl, drawn, blocks, correction) { held.kl[index] += 1 }
            }
        }
        (self.qid, self.kl) = held
    }

    private static func holds(
        _ values: [Double], _ drawn: [Int], _ blocks: WindowBlocks, _ correction: Double
    ) -> Bool {
        let truth = values.reduce(0, +) / Double(values.count)
        let sample = drawn.map { values[$0] }
        guard let error = blocks.standardError(ofMean: sample) else { return false }
        return abs(sample.reduce(0, +) / Double(sample.count) - truth) <= 1.96 * error * correction
    }
}

extension WindowCoverage {
    /// A table for people, in Markdown: shares in hundredths by the windows drawn, and over all of them.
    package static func table(_ rows: [WindowCoverage]) -> String {
        let sizes = rows.first?.sizes ?? []
        let header =
            ["", "context"]
            + ["QiD", "KL"].flatMap { quantity in sizes.map { "\(quantity), \($0) windows" } + ["\(quantity), all"] }
        let lines = rows.map { row in
            [row.name, "\(row.context)"]
                + [row.qid, row.kl].flatMap { counts in
                    counts.map { row.share($0, 1) } + [row.share(counts.reduce(0, +), counts.count)]
                }
        }
        return TextTable(header, text: [0], rows: lines).markdown
    }

    private func share(_ count: Int, _ sizes: Int) -> String {
        guard sizes > 0 else { return "" }
        return Figures.fixed(100 * Double(count) / Double(sizes * repetitions), decimals: 1)
    }
}
