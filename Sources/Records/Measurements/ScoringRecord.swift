package import Evaluation
package import JSON
package import LanguageModel
import RealModule

/// What an evaluation scored: which text, in which windows, and which of their tokens.
package struct ScoringRecord: Sendable, Equatable {
    package var shard: Shard
    /// Tokens a window.
    package var context: Int
    /// Which tokens of a window count.
    package var tokens: ScoredTokens
    /// By which rules the text became windows.
    package var rules: WindowRules
    /// Bytes of the shard's text for each token of its stream; nil where the shard holds ids or an older version scored it.
    package var bytesPerToken: Double?
    /// In which order the shard's windows were taken.
    package var order: WindowOrder
    /// How it came to its windows; nil where their number was asked for.
    package var stopping: Stopping?

    package init(
        shard: Shard, context: Int, tokens: ScoredTokens, rules: WindowRules = WindowRules(),
        bytesPerToken: Double? = nil, order: WindowOrder = .usual, stopping: Stopping? = nil
    ) {
        (self.rules, self.bytesPerToken) = (rules, bytesPerToken)
        (self.shard, self.context, self.tokens, self.order) = (shard, context, tokens, order)
        self.stopping = stopping
    }

    /// Names what was scored: the token stream, and by which rules it became windows.
    ///
    /// Losses of two such names do not compare.
    package var streamDigest: String {
        let unusual = [
            rules.bos ? "bos" : nil, rules.documents == .separate ? "documents separate" : nil,
            rules.separator.map { "separator \($0)" },
        ].compactMap(\.self)
        guard !unusual.isEmpty else { return shard.streamDigest }
        return sha256(Array(([shard.streamDigest] + unusual).joined(separator: "\n").utf8))
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

    /// The rule by which windows were added until enough was known.
    package struct Stopping: Sendable, Equatable {
        package var target: PrecisionTarget
        /// Windows that there would have been.
        package var availableWindows: Int
        /// The key of the evaluation that holds the checkpoint's loss in 16 bits.
        package var baseline: String

        package init(target: PrecisionTarget, availableWindows: Int, baseline: String) {
            self.target = target
            self.availableWindows = availableWindows
            self.baseline = baseline
        }
    }
}

extension ScoringRecord {
    /// Puts the scoring into an object, where its members are read back from.
    func add(to object: inout JSONObject) {
        object["shard"] = shard.json
        object["context"] = .integer(context)
        object["score"] = tokens == .all ? nil : .string(tokens.rawValue)
        rules.add(to: &object)
        object["seed"] = order.seed.map { .integer($0) }
    }

    /// Reads the scoring out of an object's members; nil if it is not there.
    init?(members object: JSONObject) {
        guard let shard = object["shard"]?.object, let digest = shard["sha256"]?.string,
            let context = object["context"]?.int,
            let tokens = ScoredTokens(rawValue: object["score"]?.string ?? ScoredTokens.all.rawValue),
            let order = WindowOrder(recorded: object["seed"]), let rules = WindowRules(recorded: object)
        else { return nil }
        let stopping = object["stopping"]?.object.flatMap(Stopping.init)
        guard (stopping == nil) == (object["stopping"] == nil) else { return nil }
        self.init(
            shard: Shard(digest: digest, tokenizer: shard["tokenizer_sha256"]?.string), context: context,
            tokens: tokens, rules: rules,
            bytesPerToken: object["bytes_per_token"]?.double, order: order, stopping: stopping)
    }
}

extension WindowRules {
    /// Puts the rules that are not the usual ones into an object, so that what was written before they were known stays.
    package func add(to object: inout JSONObject) {
        object["bos"] = bos ? true : nil
        object["documents"] = documents == .joined ? nil : .string(documents.rawValue)
        object["separator"] = separator.map { .integer(Int($0)) }
    }

    fileprivate init?(recorded object: JSONObject) {
        let separator = object["separator"]?.int.flatMap { UInt32(exactly: $0) }
        guard let documents = DocumentRule(rawValue: object["documents"]?.string ?? DocumentRule.joined.rawValue),
            (separator == nil) == (object["separator"] == nil)
        else { return nil }
        self.init(bos: object["bos"]?.bool ?? false, documents: documents, separator: separator)
    }
}

extension WindowOrder {
    /// The seed of a permutation; nil for the shard's own order, as older versions had it.
    package var seed: Int? {
        if case .random(let seed) = self { seed } else { nil }
    }

    fileprivate init?(recorded seed: JSONValue?) {
        guard let seed else {
            self = .shard
            return
        }
        guard let seed = seed.int else { return nil }
        self = .random(seed: seed)
    }
}

extension ScoringRecord.Stopping {
    var json: JSONValue {
        var object = JSONObject([
            .init(key: "windows_available", value: .integer(availableWindows)),
            .init(key: "baseline", value: .string(baseline)),
        ])
        target.add(to: &object)
        return .object(object)
    }

    fileprivate init?(_ object: JSONObject) {
        guard
            let target = PrecisionTarget(
                qidStderr: object["qid_stderr"]?.double, klError: object["kl_error"]?.double),
            let available = object["windows_available"]?.int, let baseline = object["baseline"]?.string
        else { return nil }
        self.init(target: target, availableWindows: available, baseline: baseline)
    }
}

extension PrecisionTarget {
    /// Puts what is asked for into an object.
    package func add(to object: inout JSONObject) {
        object["qid_stderr"] = qidStderr.map { .number($0) }
        object["kl_error"] = klError.map { .number($0) }
    }
}

/// A loss in nats per token as bits per byte of text, which compares across vocabularies.
package func bitsPerByte(loss: Double, bytesPerToken: Double) -> Double { loss / Double.log(2) / bytesPerToken }
