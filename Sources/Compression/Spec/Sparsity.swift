package import JSON

/// Which weights are zero: a share of them, or all but some of every few consecutive inputs of an output.
package enum Sparsity: Sendable, Hashable {
    /// So many of all weights are zero, above 0 and below 1.
    case share(Double)
    /// N:M: at most `kept` of every `of` consecutive inputs are not zero.
    case pattern(kept: Int, of: Int)

    static let allowed = "a share between 0 and 1, or a pattern such as 2:4 (two of four kept)"

    /// The share of weights that are zero.
    package var share: Double {
        switch self {
        case .share(let share): share
        case .pattern(let kept, let of): 1 - Double(kept) / Double(of)
        }
    }

    /// Reads `0.5` or `2:4`.
    package init(_ value: JSONValue) throws(CompressionError) {
        if let share = value.double {
            guard share > 0, share < 1 else { throw Self.invalid(value) }
            self = .share(share)
            return
        }
        let sizes = (value.string ?? "").split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        guard sizes.count == 2, let kept = sizes[0], let of = sizes[1], kept > 0, of > kept, of <= 64 else {
            throw Self.invalid(value)
        }
        self = .pattern(kept: kept, of: of)
    }

    package var json: JSONValue {
        switch self {
        case .share(let share): .number(share)
        case .pattern(let kept, let of): .string("\(kept):\(of)")
        }
    }

    private static func invalid(_ value: JSONValue) -> CompressionError {
        .invalidValue(key: "sparse", value: value.canonicalText, allowed: allowed)
    }
}

extension Sparsity: CustomStringConvertible {
    /// The part of a spec's name that says it: `s50` for half the weights, `2of4`.
    package var description: String {
        switch self {
        case .share(let share):
            // A hundred times a short decimal is not always a short decimal itself.
            "s" + JSONValue.number((share * 1e8).rounded() / 1e6).canonicalText
        case .pattern(let kept, let of): "\(kept)of\(of)"
        }
    }
}

extension SpecKey {
    /// Which weights become zero.
    package static let sparse: SpecKey = .init(
        "sparse", summary: "Weights that become zero: a share such as 0.5, or n:m, n of every m inputs kept",
        allowed: Sparsity.allowed, schema: Sparsity.schema,
        read: { (value, draft) throws(CompressionError) in draft.options.sparsity = try Sparsity(value.json) },
        canonical: { $0.options.sparsity?.json },
        label: { spec in spec.options.sparsity.map { SpecLabel($0.description, words: $0.words) } },
        check: { (spec) throws(CompressionError) in
            guard case .pattern(_, let length)? = spec.options.sparsity else { return }
            guard Sparsity.madeLengths.contains(length) else {
                throw SpecKey.sparse.refusal(
                    spec.options.sparsity?.json.canonicalText ?? "missing",
                    allowed: "n:m with m one of " + Sparsity.madeLengths.map(String.init).joined(separator: ", "))
            }
        })
}

extension Sparsity {
    /// The JSON Schema of a value.
    package static let schema: JSONValue = [
        "oneOf": [
            ["type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1],
            ["type": "string", "pattern": "^[0-9]+:[0-9]+$"],
        ]
    ]

    fileprivate var words: String {
        switch self {
        case .share(let share): JSONValue.number((share * 1e8).rounded() / 1e6).canonicalText + " % zeros"
        case .pattern(let kept, let of): "\(kept) of \(of) kept"
        }
    }
}
