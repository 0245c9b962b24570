extension NumberFormat {
    /// The checkpoint's own 16 or 32 bits: what a method leaves is not rounded.
    package static let stored = NumberFormat(
        name: nil, summary: "the checkpoint's own numbers", values: .stored, rounding: nil)
}
