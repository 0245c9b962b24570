package import Compression
package import Evaluation
import FoundationEssentials
package import JSON
package import LanguageModel
package import Records
package import ScalingLaws

/// A manifest resolved to digests: all that is needed to repeat a run.
package struct Lock: Sendable, Equatable {
    /// A file by its content.
    package struct Input: Sendable, Equatable {
        package let path: String
        package let sha256: String

        package init(path: String, sha256: String) {
            self.path = path
            self.sha256 = sha256
        }
    }

    /// The text whose activations some methods look at.
    package struct Calibration: Sendable, Equatable {
        package let shard: Input
        package let context: Int
        package let windows: Int

        package init(_ calibration: Manifest.Calibration, sha256: String) {
            shard = Input(path: calibration.shard.path, sha256: sha256)
            context = calibration.context
            windows = calibration.windows
        }

        /// All that decides on which tokens errors of layers are told: those that follow what methods are fitted to, on
        /// which errors would look smaller than they are.
        func comparison(tokenizer: String?, separator: UInt32?) -> JSONValue {
            var identity = identity(tokenizer: tokenizer, separator: separator).object ?? JSONObject()
            identity["windows"] = .integer(DistortionRecord.windows)
            identity["after"] = .integer(windows)
            return .object(identity)
        }

        /// All that decides which tokens are looked at.
        ///
        /// `tokenizer` is the SHA-256 of the tokenizer.json that turns the text into ids, `separator` the id that
        /// follows each document where it is not the configuration's.
        package func identity(tokenizer: String?, separator: UInt32?) -> JSONValue {
            [
                "shard": .string(shard.sha256), "tokenizer": .string(orNull: tokenizer),
                "context": .integer(context), "windows": .integer(windows),
                // Once it was the tokenizer's own end of text whatever the configuration said.
                "separator": separator.map { .integer(Int($0)) } ?? "eos_token_id",
            ]
        }
    }

    /// A checkpoint of the run: what it is, when in its training it was saved and where it was found.
    package struct Entry: Sendable, Equatable {
        package let record: CheckpointRecord
        package let facts: TrainingFacts
        package let path: String

        package init(record: CheckpointRecord, facts: TrainingFacts, path: String) {
            self.record = record
            self.facts = facts
            self.path = path
        }
    }

    package let name: String
    package let archives: [Manifest.Archive]
    package let shard: Input
    package let tokenizer: Input?
    package let context: Int
    package let windows: Int?
    /// In which order the shard's windows are taken.
    package let order: WindowOrder
    /// How well a cell is known when it stops before `windows`.
    package let target: PrecisionTarget?
    package let score: ScoredTokens
    /// By which rules the text becomes windows.
    package let rules: WindowRules
    package let calibration: Calibration?
    package private(set) var specs: [Spec]
    package let laws: [String]
    /// Whether a law asks what compression did to each layer, and how much checkpoints mind such errors.
    package private(set) var needsDistortions: Bool
    package let doubtful: DoubtfulPoints
    package let phases: PhaseChoice
    package let predictions: [Manifest.Prediction]
    package let checkpoints: [Entry]
    /// The windows that each cell took, where the lock is of a version that wrote them into it.
    package let windowsUsed: WindowsUsed

    package init(
        manifest: Manifest, shard: Input, tokenizer: Input?, calibration: Calibration? = nil, checkpoints: [Entry],
        windowsUsed: WindowsUsed = WindowsUsed()
    ) {
        name = manifest.name
        archives = manifest.archives
        self.shard = shard
        self.tokenizer = tokenizer
        context = manifest.evaluation.context
        windows = manifest.evaluation.windows
        order = manifest.evaluation.order
        target = manifest.evaluation.target
        score = manifest.evaluation.score
        rules = manifest.evaluation.rules
        self.calibration = calibration
        specs = manifest.specs
        laws = manifest.laws
        needsDistortions = laws.contains { (try? Laws.named($0))?.isOfDistortion ?? false }
        doubtful = manifest.doubtful
        phases = manifest.phases
        predictions = manifest.predictions
        self.checkpoints = checkpoints
        self.windowsUsed = windowsUsed
    }

    /// The same lock, of which errors of layers and probes are wanted whatever its laws.
    package func withDistortions() -> Lock {
        var copy = self
        copy.needsDistortions = true
        return copy
    }

    /// The same lock with other specs.
    package func with(specs: [Spec]) -> Lock {
        var copy = self
        copy.specs = specs
        return copy
    }

    /// SHA-256 over everything in the lock but the places where inputs were found.
    ///
    /// Two runs with one digest ask for the same numbers.
    package var digest: String { sha256(Array(json(withPaths: false).canonicalText.utf8)) }

    /// The lock as it is written to `manifest.lock.yaml`.
    package var json: JSONValue { json(withPaths: true) }
}

extension Lock {
    static let format = 1

    private func json(withPaths: Bool) -> JSONValue {
        let input = { (input: Input) -> JSONValue in
            var object = JSONObject([.init(key: "sha256", value: .string(input.sha256))])
            if withPaths { object["path"] = .string(input.path) }
            return .object(object)
        }
        var object = JSONObject([
            .init(key: "lock", value: .integer(Self.format)),
            .init(key: "name", value: .string(name)),
            .init(
                key: "stages",
                value: .object(
                    JSONObject(Stage.allCases.map { .init(key: $0.rawValue, value: .integer($0.version)) }))),
            .init(key: "shard", value: input(shard)),
            .init(key: "tokenizer", value: tokenizer.map(input) ?? .null),
            .init(key: "context", value: .integer(context)),
            .init(key: "windows", value: .integer(orNull: windows)),
            .init(key: "specs", value: .array(specs.map(\.canonical))),
            .init(key: "laws", value: .array(laws.map { .string($0) })),
            .init(key: "predictions", value: .array(predictions.map(\.json))),
        ])
        object["order"] = .string(order == .shard ? WindowOrder.shardName : WindowOrder.randomName)
        object["seed"] = order.seed.map { .integer($0) }
        target?.add(to: &object)
        if doubtful != .leaveOut { object["doubtful"] = .string(doubtful.rawValue) }
        object["phase"] = phases.name.map { .string($0) }
        if score != .all { object["score"] = .string(score.rawValue) }
        rules.add(to: &object)
        if let calibration {
            object["calibration"] = [
                "shard": input(calibration.shard), "context": .integer(calibration.context),
                "windows": .integer(calibration.windows),
            ]
        }
        if withPaths { object["archives"] = .array(archives.map(\.json)) }
        object["checkpoints"] = .array(checkpoints.map { $0.json(withPaths: withPaths) })
        return .object(object)
    }
}

extension Lock.Entry {
    fileprivate func json(withPaths: Bool) -> JSONValue {
        var object = record.json.object ?? JSONObject()
        facts.add(to: &object)
        if withPaths { object["path"] = .string(path) }
        return .object(object)
    }
}

extension Manifest.Archive {
    fileprivate var json: JSONValue {
        var object = JSONObject([
            .init(key: "path", value: .string(path.path))
        ])
        rule.add(to: &object)
        object["steps"] = steps.map { .array($0.sorted().map { .integer($0) }) }
        return .object(object)
    }
}

extension Manifest.Prediction {
    fileprivate var json: JSONValue {
        [
            "params": .array(params.map { .number($0) }), "tokens": .array(tokens.map { .number($0) }),
            "bits": .array(bits.map { .number($0) }),
        ]
    }
}
