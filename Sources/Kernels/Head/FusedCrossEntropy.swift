import Numerics
import Vectors

/// The online log-sum-exp of one row of one variant: what is known of it after some of the vocabulary.
private struct OnlineLogSumExp {
    var largest = -Float.infinity
    var argMax: Int32 = -1
    var targetLogit: Float = 0
    /// Σ e^(logit − largest).
    var sum = 0.0
    /// Σ e^(b − largest b)·(b − logit) with the baseline's logits b.
    var difference = 0.0
    /// By how much the last block scaled `sum` down.
    var shrink = 1.0

    /// log Σ e^logit.
    var logSumExp: Double { Double(largest) + Double.log(sum) }

    /// Takes the largest logit of a block, and the first token that has it if it is a new one.
    @inline(__always)
    mutating func update(largest value: Float, of block: LogitTile) {
        shrink = 1
        guard value > largest else { return }
        shrink = Double.exp(Double(largest) - Double(value))
        largest = value
        for index in 0..<block.tokens.count where block.logits[index] == value {
            argMax = Int32(block.tokens.lowerBound + index)
            break
        }
    }
}

/// The logits of one row for a few tokens, padded with very low ones to whole vectors of sixteen.
struct LogitTile {
    let logits: UnsafeMutablePointer<Float>
    /// The baseline's logits for the same tokens (the logits themselves where the variant is the baseline), and
    /// e^(b − largest b), which the baseline leaves for the variants after it.
    let baseline: UnsafeMutablePointer<Float>
    let weights: UnsafeMutablePointer<Float>
    let tokens: Range<Int>
    let target: Int

    fileprivate var block: LogitBlock {
        LogitBlock(logits: logits, baseline: baseline, weights: weights, count: (tokens.count + 15) & ~15)
    }
}

/// Cross-entropy, KL and arg max of all variants and scored rows, from logits that come block by block and are not kept.
///
/// `@unchecked Sendable` because each row belongs to one task, and no two tasks work on it at once.
final class FusedCrossEntropy: @unchecked Sendable {
    private let variants: Int
    private let rows: Int
    private let states: UnsafeMutablePointer<OnlineLogSumExp>
    private let loops: ElementLoops

    init(variants: Int, rows: Int, loops: ElementLoops = Processor.loops) {
        (self.variants, self.rows, self.loops) = (variants, rows, loops)
        states = .allocate(capacity: max(1, variants * rows))
        states.initialize(repeating: OnlineLogSumExp(), count: variants * rows)
    }

    deinit { states.deallocate() }

    /// Takes a block of logits of one row; the baseline (variant 0) comes before the variants.
    func accumulate(_ logits: LogitTile, variant: Int, row: Int) {
        let (state, block) = (states + variant * rows + row, logits.block)
        state.pointee.update(largest: loops.largest(block), of: logits)
        state.pointee.sum = state.pointee.sum * state.pointee.shrink
        if variant == 0 {
            state.pointee.sum += loops.exponentiate(block, state.pointee.largest)
        } else {
            let (sum, difference) = loops.compare(block, state.pointee.largest)
            state.pointee.sum += sum
            state.pointee.difference = state.pointee.difference * states[row].shrink + difference
        }
        if logits.tokens.contains(logits.target) {
            state.pointee.targetLogit = logits.logits[logits.target - logits.tokens.lowerBound]
        }
    }

    /// Writes the finished results of the scored `rows`.
    func write(to scores: inout [HeadScores], rows indices: [Int], targets: [Int32]) {
        for variant in 0..<variants {
            for (index, row) in indices.enumerated() {
                let (baseline, state) = (states[index], states[variant * rows + index])
                let logSumExp = state.logSumExp
                scores[variant].logSumExp[row] = logSumExp
                scores[variant].negativeLogLikelihood[row] = logSumExp - Double(state.targetLogit)
                scores[variant].argMax[row] = state.argMax
                if variant > 0 {
                    // Σ p·(log p − log q) = Σ p·(b − logit) − log Σ eᵇ + log Σ e^logit.
                    scores[variant].divergence[row] =
                        state.difference / baseline.sum + (logSumExp - baseline.logSumExp)
                }
            }
        }
    }
}
