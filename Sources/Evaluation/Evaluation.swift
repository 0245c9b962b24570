package import JSON

/// An evaluation of a baseline and its variants on one shard.
package struct Evaluation: Sendable, Equatable {
    /// Tokens per window.
    package let context: Int
    /// Windows scored.
    package let windows: Int
    /// Whole windows that the shard, or the limit that was asked for, would have given.
    package let availableWindows: Int
    /// Scored tokens of all windows together: Σ window_nll = loss · tokens.
    package let tokens: Int
    /// The baseline first.
    package let results: [EvaluationResult]

    /// The document of `qid-evaluate --json`; what is not a number is null.
    package var json: JSONValue {
        [
            "context": .integer(context), "windows": .integer(windows), "tokens": .integer(tokens),
            "results": .array(results.map(\.json)),
        ]
    }
}

extension EvaluationResult {
    /// One entry of the document's `results`.
    package var json: JSONValue {
        [
            "name": .string(name), "loss": Self.number(loss), "perplexity": Self.number(perplexity),
            "window_places": .array(windowPlaces.map { .integer($0) }),
            "window_tokens": .array(windowTokens.map { .integer($0) }),
            "window_nll": .array(windowNLL.map(Self.number)), "window_kl": .array(windowKL.map(Self.number)),
            "qid": Self.number(qid), "qid_stderr": qidStandardError.map(Self.number) ?? .null, "kl": Self.number(kl),
            "kl_stderr": klStandardError.map(Self.number) ?? .null,
            "rho_stderr": ratioStandardError.map(Self.number) ?? .null,
            "agreement": notFiniteAfter == nil ? Self.number(agreement) : .null,
            "bits_per_weight": Self.number(bitsPerWeight),
        ]
    }

    private static func number(_ value: Double) -> JSONValue { value.isFinite ? .number(value) : .null }
}
