import RealModule

/// The size at which a compressed model and a 16-bit model of the same memory and the same training tokens have the
/// same loss.
package struct BreakEven: Sendable, Equatable {
    /// The compressed form and the tokens; `params` is the size N of the 16-bit model at equal loss, 0 without an
    /// answer.
    package var at: Conditions
    /// What a weight of the compressed model takes, scales included: it has 16/bitsPerWeight times N parameters.
    package var bitsPerWeight: Double
    /// N of the 16-bit model with its 95 % interval; nil where one of the two is better from 10⁴ to 10¹⁵.
    package var size: Estimate?
    /// Whether the compressed model is the better one below that size, or at every size if there is none.
    package var isCompressedBetterBelow: Bool
    /// Factors that the further of the two models lies beyond the data, as in `Prediction`; nil without an answer.
    package var beyondHull: Double?

    /// Whether the compressed model is the better one above that size, or at every size if there is none.
    package var isCompressedBetterAbove: Bool { size == nil ? isCompressedBetterBelow : !isCompressedBetterBelow }
}

extension LossModel {
    private static let sizes = 1e4...1e15

    /// The size N at which the compressed form at these conditions, with 16/bitsPerWeight times N parameters, is as
    /// good as 16 bits with N; the conditions' own `params` are not used.
    ///
    /// `bitsPerWeight` is what the compressed model stores for a weight; nil for its nominal bits. Throws `noAnswer` if
    /// neither is known.
    package func breakEven(
        at conditions: Conditions, bitsPerWeight: Double? = nil
    ) throws(ScalingLawsError) -> BreakEven {
        guard let bits = bitsPerWeight ?? conditions.bits, bits > 0 else {
            throw .noAnswer("the bits per weight of the compressed model are not given")
        }
        func compressed(_ size: Double) -> Conditions { conditions.with(params: size * 16 / bits) }
        func dense(_ size: Double) -> Conditions { conditions.with(params: size).uncompressed }
        let found = try change(over: Self.sizes) { (sizes, draws) throws(ScalingLawsError) in
            let large = try values(at: sizes.map(compressed), draws)
            let small = try values(at: sizes.map(dense), draws)
            return zip(large, small).map { large, small in zip(large, small).map { $0 - $1 } }
        } widening: { (size) throws(ScalingLawsError) in
            try widening(at: [compressed(size), dense(size)])
        }
        var answer = BreakEven(
            at: conditions.with(params: 0), bitsPerWeight: bits, size: nil, isCompressedBetterBelow: false,
            beyondHull: nil)
        switch found {
        case .never(let isNegative): answer.isCompressedBetterBelow = isNegative
        case .at(let estimate, let isNegativeBelow):
            answer.size = estimate
            answer.at.params = estimate.value
            answer.isCompressedBetterBelow = isNegativeBelow
            answer.beyondHull = max(beyondHull(compressed(estimate.value)), beyondHull(dense(estimate.value)))
        }
        return answer
    }
}
