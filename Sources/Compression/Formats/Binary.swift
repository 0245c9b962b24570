extension NumberFormat {
    /// −1 and 1; the usual scale is the best one.
    package static let binary = NumberFormat(
        name: "binary", summary: "−1 and 1 (2207.01394)", values: .fixed([-1, 1]),
        rounding: SignQuantization(levels: [-1, 1]))
}
