extension Sparsity {
    /// The lengths of patterns that methods make: powers of two, which divide GPTQ's blocks.
    static let madeLengths = [2, 4, 8, 16, 32, 64]

    /// How many of so many weights go: of a share's product the whole part.
    func pruned(of count: Int) -> Int {
        switch self {
        case .share(let share): min(count, Int(Double(count) * share))
        case .pattern(let kept, let length): count / length * (length - kept)
        }
    }
}
