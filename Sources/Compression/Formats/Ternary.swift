extension NumberFormat {
    /// −1, 0 and 1.
    package static let ternary = NumberFormat(
        name: "ternary", summary: "−1, 0 and 1 (BitNet b1.58's absmean, 2402.17764)", values: .fixed([-1, 0, 1]),
        takesScaleSearch: true, rounding: SignQuantization(levels: [-1, 0, 1]))
}
