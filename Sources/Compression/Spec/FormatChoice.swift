/// The number formats that a method makes.
package struct FormatChoice: Sendable {
    /// Bits of integers; nil where it makes none.
    let integers: ClosedRange<Int>?
    /// Formats that are known by name.
    let named: [NumberFormat]
    /// Whether levels are found in the weights themselves.
    let findsLevels: Bool
    /// Whether weights may stay numbers of 16 or 32 bits.
    let keepsStored: Bool

    init(
        integers: ClosedRange<Int>? = 2...8, named: [NumberFormat] = [], findsLevels: Bool = false,
        keepsStored: Bool = false
    ) {
        self.integers = integers
        self.named = named
        self.findsLevels = findsLevels
        self.keepsStored = keepsStored
    }

    /// Integers of 2 to 8 bits.
    static let integers = FormatChoice()
    /// Whatever weights can be rounded to.
    static let anything = FormatChoice(named: NumberFormat.named)
    /// Integers of 2 to 8 bits, or the numbers that the checkpoint has.
    static let integersOrStored = FormatChoice(keepsStored: true)
    /// The numbers that the checkpoint has.
    static let stored = FormatChoice(integers: nil, keepsStored: true)
    /// Tables of levels that are found in the weights.
    static let foundLevels = FormatChoice(integers: nil, findsLevels: true)

    /// The words for these in a table.
    var words: String {
        let parts = [
            integers.map { "integers of \($0.lowerBound) to \($0.upperBound) bits" },
            named.isEmpty ? nil : named.compactMap(\.name).joined(separator: ", "),
            findsLevels ? "tables of found levels" : nil, keepsStored ? "16 bits" : nil,
        ]
        return parts.compactMap(\.self).joined(separator: "; ")
    }

    /// Refuses a spec in a format that is not among these.
    func check(_ spec: Spec) throws(CompressionError) {
        let method = spec.method.name
        switch spec.format.values {
        case .integers(let bits):
            if let integers, integers.contains(bits) { return }
            throw .invalidValue(
                key: "bits", value: "\(bits)",
                allowed: integers.map { "a whole number from \($0.lowerBound) to \($0.upperBound) for \(method)" }
                    ?? "left out for \(method)")
        case .found(let levels, let vector) where findsLevels:
            guard NumberFormat.levelCounts.contains(levels), NumberFormat.vectors.contains(vector) else {
                throw .invalidValue(key: "levels", value: "\(levels)", allowed: "a whole number from 2 to 256")
            }
        case .stored where keepsStored: return
        default:
            guard !named.contains(spec.format) else { return }
            let names = named.compactMap(\.name)
            throw .invalidValue(
                key: "format", value: spec.format.name.map { "'\($0)'" } ?? "missing",
                allowed: names.isEmpty
                    ? "left out for \(method), and bits given" : "one of " + names.joined(separator: ", "))
        }
    }
}
