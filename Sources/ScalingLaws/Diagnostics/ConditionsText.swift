extension Conditions {
    /// Reads `params=1e9,tokens=1e12,bits=4`, in any order; also `activation_bits`, `group`, `sparsity`, `scheme`,
    /// and the columns of `names`.
    /// - Throws: `badConditions` with what is wrong.
    package init(_ text: String, names: LawNames = .warehouse) throws(ScalingLawsError) {
        self.init(params: .nan, tokens: .nan)
        var seen: Set<Substring> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2 else { throw .badConditions(text, "'\(part)' is not NAME=VALUE") }
            guard seen.insert(halves[0]).inserted else { throw .badConditions(text, "'\(halves[0])' is given twice") }
            guard try set(halves[0], String(halves[1]), of: text, names) else {
                throw .badConditions(text, "'\(part)' is not a value that '\(halves[0])' can have")
            }
        }
        for name in ["params", "tokens"] where !seen.contains(Substring(name)) {
            throw .badConditions(text, "'\(name)' is missing")
        }
    }

    /// Whether the value is one that the condition of this name can have.
    private mutating func set(
        _ name: Substring, _ value: String, of text: String, _ names: LawNames
    ) throws(ScalingLawsError) -> Bool {
        let number = Double(value).flatMap { $0.isFinite && $0 > 0 ? $0 : nil }
        switch name {
        case "params": params = number ?? params
        case "tokens": tokens = number ?? tokens
        case "bits": bits = number
        case "activation_bits": activationBits = number
        case "group" where value == "channel": return true
        case "group": group = number
        case "sparsity":
            sparsity = Double(value)
            return sparsity.map { (0..<1).contains($0) } ?? false
        case "scheme":
            scheme = value
            return !value.isEmpty
        default:
            let column = String(name)
            let known = names.columns.union(names.labels)
            guard known.contains(column) else {
                let others = known.isEmpty ? "" : ", " + known.sorted().joined(separator: ", ")
                throw .badConditions(
                    text, "'\(name)' is none of params, tokens, bits, activation_bits, group, sparsity, scheme\(others)"
                )
            }
            columns[column] = Double(value).flatMap { $0.isFinite ? $0 : nil }
            labels[column] = value
            return names.labels.contains(column) || columns[column] != nil
        }
        return number != nil
    }
}
