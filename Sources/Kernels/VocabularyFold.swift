import Numerics

/// What is known of one row of one variant after some of the vocabulary.
private struct VocabularyFold {
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
}

/// The logits of one row for a few tokens, padded with very low ones to whole vectors.
struct FoldedLogits {
    let logits: UnsafeMutablePointer<Float>
    /// The baseline's logits for the same tokens (the logits themselves where the variant is the baseline), and
    /// e^(b − largest b), which the baseline's fold leaves for the variants after it.
    let baseline: UnsafeMutablePointer<Float>
    let weights: UnsafeMutablePointer<Float>
    let tokens: Range<Int>
    let target: Int
}

/// The folds of all variants and scored rows.
///
/// `@unchecked Sendable` because each row belongs to one task, and no two tasks work on it at once.
final class VocabularyFolds: @unchecked Sendable {
    private let variants: Int
    private let rows: Int
    private let folds: UnsafeMutablePointer<VocabularyFold>

    init(variants: Int, rows: Int) {
        (self.variants, self.rows) = (variants, rows)
        folds = .allocate(capacity: max(1, variants * rows))
        folds.initialize(repeating: VocabularyFold(), count: variants * rows)
    }

    deinit { folds.deallocate() }

    /// Folds a block of logits of one row; the baseline (variant 0) comes before the variants.
    func fold(_ block: FoldedLogits, variant: Int, row: Int) {
        let fold = folds + variant * rows + row
        block.updateMaximum(of: &fold.pointee)
        fold.pointee.sum = fold.pointee.sum * fold.pointee.shrink
        if variant == 0 {
            fold.pointee.sum += block.exponentiate(less: fold.pointee.largest)
        } else {
            let (sum, difference) = block.compare(less: fold.pointee.largest)
            fold.pointee.sum += sum
            fold.pointee.difference = fold.pointee.difference * folds[row].shrink + difference
        }
        if block.tokens.contains(block.target) {
            fold.pointee.targetLogit = block.logits[block.target - block.tokens.lowerBound]
        }
    }

    /// Writes the finished results of the scored `rows`.
    func write(to scores: inout [HeadScores], rows indices: [Int], targets: [Int32]) {
        for variant in 0..<variants {
            for (index, row) in indices.enumerated() {
                let (baseline, fold) = (folds[index], folds[variant * rows + index])
                let logSumExp = fold.logSumExp
                scores[variant].logSumExp[row] = logSumExp
                scores[variant].negativeLogLikelihood[row] = logSumExp - Double(fold.targetLogit)
                scores[variant].argMax[row] = fold.argMax
                if variant > 0 {
                    // Σ p·(log p − log q) = Σ p·(b − logit) − log Σ eᵇ + log Σ e^logit.
                    scores[variant].divergence[row] =
                        fold.difference / baseline.sum + (logSumExp - baseline.logSumExp)
                }
            }
        }
    }
}

extension FoldedLogits {
    private var vectors: StrideTo<Int> { stride(from: 0, to: tokens.count, by: 8) }

    /// Takes the block's maximum into the fold, and the first token that has it if it is a new one.
    @inline(__always)
    fileprivate func updateMaximum(of fold: inout VocabularyFold) {
        var largest = Lanes(repeating: -Float.infinity)
        for index in vectors { largest = largest.larger(logits.lanes(index)) }
        let value = largest.max()
        fold.shrink = 1
        guard value > fold.largest else { return }
        fold.shrink = Double.exp(Double(fold.largest) - Double(value))
        fold.largest = value
        for index in 0..<tokens.count where logits[index] == value {
            fold.argMax = Int32(tokens.lowerBound + index)
            break
        }
    }

    /// Σ e^(logit − largest); leaves the terms in `weights`.
    @inline(__always)
    fileprivate func exponentiate(less largest: Float) -> Double {
        var sum = Lanes.zero
        for index in vectors {
            let weight = exponentialOfNonPositive(logits.lanes(index) - Lanes(repeating: largest))
            weights.store(weight, index)
            sum += weight
        }
        return sum.total
    }

    /// Σ e^(logit − largest), and Σ weight·(b − logit) with the baseline's weights and logits b.
    @inline(__always)
    fileprivate func compare(less largest: Float) -> (sum: Double, difference: Double) {
        var (sum, difference) = (Lanes.zero, Lanes.zero)
        for index in vectors {
            let logit = logits.lanes(index)
            sum += exponentialOfNonPositive(logit - Lanes(repeating: largest))
            difference = difference.plus(weights.lanes(index), baseline.lanes(index) - logit)
        }
        return (sum.total, difference.total)
    }
}

extension Lanes {
    /// The sum of the lanes.
    @inline(__always)
    fileprivate var total: Double {
        var sum = 0.0
        for lane in 0..<8 { sum += Double(self[lane]) }
        return sum
    }
}
