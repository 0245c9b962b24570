import JSON

/// How many dimensions a low-rank form keeps.
package enum Rank: Sendable, Hashable {
    /// This share of the full rank, above 0 and at most 1, rounded to the nearest whole number of at least 1.
    case share(Double)
    /// So many.
    case count(Int)

    static let allowed = "a share of the full rank above 0 and below 1, or a whole number from 1 to 65536"

    /// Reads `0.25` or `64`.
    init(_ value: JSONValue) throws(CompressionError) {
        if let count = value.int, (1...65_536).contains(count) {
            self = .count(count)
        } else if let share = value.double, share > 0, share < 1 {
            self = .share(share)
        } else {
            throw .invalidValue(key: "rank", value: value.canonicalText, allowed: Self.allowed)
        }
    }

    var json: JSONValue {
        switch self {
        case .share(let share): .number(share)
        case .count(let count): .integer(count)
        }
    }

    /// The rank that a weight of this full rank gets; a number above it is refused.
    func value(full: Int, tensor: String) throws(CompressionError) -> Int {
        switch self {
        case .share(let share): return max(1, Int((Double(full) * share).rounded()))
        case .count(let count):
            guard count <= full else {
                throw .rankTooHigh(tensor: tensor, rank: count, full: full)
            }
            return count
        }
    }
}

extension Rank: CustomStringConvertible {
    /// The part of a spec's name that says it: `r25%` would be no file name, so `r0.25`, `r64`.
    package var description: String {
        switch self {
        case .share(let share): "r\(share)"
        case .count(let count): "r\(count)"
        }
    }
}

extension SpecKey {
    /// The dimensions that factors keep.
    package static let rank: SpecKey = .init(
        "rank", summary: "Dimensions that factors keep: a number, or a share of the full rank such as 0.25",
        allowed: Rank.allowed,
        schema: [
            "oneOf": [
                ["type": "integer", "minimum": 1, "maximum": 65536],
                ["type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1],
            ]
        ],
        read: { (value, draft) throws(CompressionError) in draft.options.rank = try Rank(value.json) },
        canonical: { $0.options.rank?.json },
        label: { spec in spec.options.rank.map { SpecLabel($0.description, words: $0.words) } })
}

extension Rank {
    fileprivate var words: String {
        switch self {
        case .share(let share): "\(share) of the rank"
        case .count(let count): "rank \(count)"
        }
    }
}
