extension SpecKey {
    /// Columns by falling energy of their inputs.
    package static let actOrder: SpecKey = .flag(
        "act_order", summary: "Columns in the order of falling activation energy",
        label: SpecLabel("actorder", words: "columns ordered by activation", .procedure), \.actOrder)
}
