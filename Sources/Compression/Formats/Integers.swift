extension NumberFormat {
    /// Evenly spaced values, 2ᵇ of them.
    package static func integer(bits: Int) -> NumberFormat {
        NumberFormat(
            name: nil, summary: "\(bits)-bit integers", values: .integers(bits: bits), takesZeroPoint: true,
            takesScaleSearch: true, rounding: RoundToNearest())
    }
}
