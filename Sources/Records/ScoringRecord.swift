import JSON
package import LanguageModel

/// What an evaluation scored: which text, in which windows, and which of their tokens.
package struct ScoringRecord: Sendable, Equatable {
    package var shard: Shard
    /// Tokens a window.
    package var context: Int
    /// Which tokens of a window count.
    package var tokens: ScoredTokens
    /// How it came to its windows; nil where their number was asked for.
    package var stopping: Stopping?

    package init(shard: Shard, context: Int, tokens: ScoredTokens, stopping: Stopping? = nil) {
        (self.shard, self.context, self.tokens, self.stopping) = (shard, context, tokens, stopping)
    }

    /// A held-out text and what turned it into tokens.
    package struct Shard: Sendable, Equatable {
        /// SHA-256 of the file.
        package var digest: String
        /// SHA-256 of the tokenizer.json that was used; nil where the shard holds token ids.
        package var tokenizer: String?

        package init(digest: String, tokenizer: String?) {
            self.digest = digest
            self.tokenizer = tokenizer
        }

        /// Names the token stream: the file and the tokenizer that made it.
        package var streamDigest: String { sha256(Array("\(digest)\n\(tokenizer ?? "")".utf8)) }

        var json: JSONValue { ["sha256": .string(digest), "tokenizer_sha256": .string(orNull: tokenizer)] }
    }

    /// The rule by which windows were added until QiD was known well enough.
    package struct Stopping: Sendable, Equatable {
        /// The standard error of QiD that was asked for, in nats.
        package var qidStderr: Double
        /// Windows that there would have been.
        package var availableWindows: Int
        /// The key of the evaluation that holds the checkpoint's loss in 16 bits.
        package var baseline: String

        package init(qidStderr: Double, availableWindows: Int, baseline: String) {
            self.qidStderr = qidStderr
            self.availableWindows = availableWindows
            self.baseline = baseline
        }
    }
}

extension ScoringRecord {
    /// Reads the scoring out of an object's members; nil if it is not there.
    init?(members object: JSONObject) {
        guard let shard = object["shard"]?.object, let digest = shard["sha256"]?.string,
            let context = object["context"]?.int,
            let tokens = ScoredTokens(rawValue: object["score"]?.string ?? ScoredTokens.all.rawValue)
        else { return nil }
        let stopping = object["stopping"]?.object.flatMap(Stopping.init)
        guard (stopping == nil) == (object["stopping"] == nil) else { return nil }
        self.init(
            shard: Shard(digest: digest, tokenizer: shard["tokenizer_sha256"]?.string), context: context,
            tokens: tokens, stopping: stopping)
    }
}

extension ScoringRecord.Stopping {
    var json: JSONValue {
        [
            "qid_stderr": .number(qidStderr), "windows_available": .integer(availableWindows),
            "baseline": .string(baseline),
        ]
    }

    fileprivate init?(_ object: JSONObject) {
        guard let qidStderr = object["qid_stderr"]?.double, let available = object["windows_available"]?.int,
            let baseline = object["baseline"]?.string
        else { return nil }
        self.init(qidStderr: qidStderr, availableWindows: available, baseline: baseline)
    }
}
