extension NumberFormat {
    /// So many levels, found in the weights, each of so many consecutive weights.
    package static func levels(_ count: Int, vector: Int) -> NumberFormat {
        NumberFormat(
            name: nil, summary: "\(count) levels" + (vector > 1 ? " of \(vector) weights" : ""),
            values: .found(levels: count, vector: vector), rounding: nil)
    }

    /// The levels of a table, and the weights that one stands for.
    static let levelCounts = 2...256
    static let vectors = 1...16

    /// How many levels there are and of how many weights; nil for formats whose levels are not found in the weights.
    var foundLevels: (count: Int, vector: Int)? {
        if case .found(let count, let vector) = values { (count, vector) } else { nil }
    }
}
