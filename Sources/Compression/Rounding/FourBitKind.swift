/// bitsandbytes' two kinds of 4-bit numbers: sixteen values from −1 to 1, scaled by a block's largest magnitude.
///
/// `nf4` (2305.14314): quantiles of the normal distribution with an exact zero. `fp4`: a sign, two exponent bits and
/// one of fraction, over 12. The values are those of `bitsandbytes.functional.get_4bit_type`.
package enum FourBitKind: String, Sendable, Hashable, CaseIterable {
    case nf4
    case fp4

    /// The value of each code.
    var values: [Float] {
        switch self {
        case .nf4: Self.normal
        case .fp4: Self.positiveFloats + Self.positiveFloats.map { -$0 }
        }
    }

    /// The codes by rising value.
    ///
    /// Of fp4's two zeros the unsigned one stands first, as bitsandbytes' sort has it: it takes what rounds to zero
    /// from below, zero itself included.
    var order: [UInt8] {
        switch self {
        case .nf4: Array(0..<16)
        case .fp4: [11, 10, 13, 12, 15, 14, 9, 0, 8, 1, 6, 7, 4, 5, 2, 3]
        }
    }

    /// The values by rising size.
    var levels: [Float] { order.map { values[Int($0)] } }

    private static let normal: [Float] = [
        -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
        -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
        0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
    ]

    private static let positiveFloats: [Float] = [
        0.0, 0.0052083334885537624, 0.6666666865348816, 1.0, 0.3333333432674408, 0.5, 0.1666666716337204, 0.25,
    ]
}
