extension NumberFormat {
    /// bitsandbytes' 4-bit floating-point numbers, which are not those of Microscaling.
    package static let fp4 = NumberFormat(
        name: "fp4", summary: "a sign, two exponent bits and one of fraction (bitsandbytes)",
        values: .fixed(FourBitTable.fp4.levels), nominalBits: 4, usualGroup: .size(64), groups: BlockwiseFloat4.groups,
        takesScaleType: false, takesScaleSearch: true, rounding: BlockwiseFloat4(.fp4))
}

extension FourBitTable {
    /// A sign, two exponent bits and one of fraction, over 12.
    ///
    /// Of its two zeros the unsigned one stands first in order, as bitsandbytes' sort has it: it takes what rounds to zero
    /// from below, zero itself included.
    package static let fp4 = FourBitTable(
        name: "fp4", values: positive + positive.map { -$0 },
        order: [11, 10, 13, 12, 15, 14, 9, 0, 8, 1, 6, 7, 4, 5, 2, 3])

    private static let positive: [Float] = [
        0.0, 0.0052083334885537624, 0.6666666865348816, 1.0, 0.3333333432674408, 0.5, 0.1666666716337204, 0.25,
    ]
}
