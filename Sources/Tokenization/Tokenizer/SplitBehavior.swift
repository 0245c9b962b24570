/// What a split does with the stretches that its pattern matches, by the words of tokenizer.json.
enum SplitBehavior: String, Sendable, CaseIterable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"

    /// The pieces that remain of a text's matches and the stretches between them.
    func pieces(_ stretches: [Stretch]) -> [Range<Int>] {
        switch self {
        case .isolated: stretches.map(\.range)
        case .removed: stretches.filter { !$0.isMatch }.map(\.range)
        case .contiguous: merged(stretches) { $0 == $1 }
        case .mergedWithPrevious: merged(stretches) { !$0 && $1 }
        case .mergedWithNext: mergedBackwards(stretches)
        }
    }

    /// Joins a stretch with the one before it where the rule says so of the two.
    private func merged(_ stretches: [Stretch], _ joins: (Bool, Bool) -> Bool) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var before = false
        for stretch in stretches {
            if let last = pieces.last, joins(before, stretch.isMatch) {
                pieces[pieces.count - 1] = last.lowerBound..<stretch.range.upperBound
            } else {
                pieces.append(stretch.range)
            }
            before = stretch.isMatch
        }
        return pieces
    }

    private func mergedBackwards(_ stretches: [Stretch]) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var after = false
        for stretch in stretches.reversed() {
            if let last = pieces.last, stretch.isMatch, !after {
                pieces[pieces.count - 1] = stretch.range.lowerBound..<last.upperBound
            } else {
                pieces.append(stretch.range)
            }
            after = stretch.isMatch
        }
        return pieces.reversed()
    }
}

/// A part of a text that a pattern matches, or that lies between two matches.
struct Stretch: Equatable {
    let range: Range<Int>
    let isMatch: Bool
}
