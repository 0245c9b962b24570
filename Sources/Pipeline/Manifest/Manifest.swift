package import Compression
package import Evaluation
package import FoundationEssentials
import JSON
package import LanguageModel
package import ScalingLaws

/// What a person asks for: which archives, which compressions, on which text, and which laws to fit.
///
/// The file is YAML; `Schemas/manifest.schema.json` describes it. Paths are relative to the manifest's directory.
package struct Manifest: Sendable, Equatable {
    /// Where checkpoints are and how D is read from them.
    package struct Archive: Sendable, Equatable {
        package let path: URL
        package let rule: IngestRule
        /// The steps to measure; all that are found if nil.
        package let steps: Set<Int>?
    }

    /// The held-out text and how much of it is scored.
    package struct Evaluation: Sendable, Equatable {
        package let shard: URL
        /// For all checkpoints instead of the tokenizer that lies beside each.
        package let tokenizer: URL?
        /// Tokens a window.
        package let context: Int
        /// Windows to score, or with a target the most to score; the whole shard if nil.
        package let windows: Int?
        /// In which order the shard's windows are taken.
        package let order: WindowOrder
        /// Score only until a cell is known this well.
        package let target: PrecisionTarget?
        package let score: ScoredTokens
        /// By which rules the text becomes windows.
        package let rules: WindowRules
    }

    /// The text whose activations some methods look at, and how much of it.
    package struct Calibration: Sendable, Equatable {
        package let shard: URL
        /// Tokens a window.
        package let context: Int
        /// Windows, if the shard has as many.
        package let windows: Int

        package static let usualContext = 256
        package static let usualWindows = 128

        package init(shard: URL, context: Int, windows: Int) {
            self.shard = shard
            self.context = context
            self.windows = windows
        }
    }

    /// Sizes, tokens and bits for which a prediction is wanted: every combination of them.
    package struct Prediction: Sendable, Equatable {
        package let params: [Double]
        package let tokens: [Double]
        package let bits: [Double]
    }

    package let name: String
    package let archives: [Archive]
    package let evaluation: Evaluation
    /// There if any of the specs needs it.
    package let calibration: Calibration?
    package let specs: [Spec]
    package let laws: [String]
    /// Whether fits use points of checkpoints that a finding marks.
    package let doubtful: DoubtfulPoints
    /// Which phases of the learning rate laws are fitted to.
    package let phases: PhaseChoice
    package let predictions: [Prediction]
    /// Bytes that the workspace may hold.
    package let disk: Int?
}

/// What fits do with points of checkpoints whose weights or D a finding doubts.
package enum DoubtfulPoints: String, Sendable, CaseIterable {
    case leaveOut = "leave-out"
    case keep
}

extension Manifest {
    /// Reads and checks a manifest; nothing behind this asks again.
    package init(file: URL) throws(ManifestError) {
        try self.init(Field(file: file), directory: file.deletingLastPathComponent())
    }

    init(_ root: Field, directory: URL) throws(ManifestError) {
        let keys = try root.mapping(
            required: ["name", "archives", "shard", "context", "specs"],
            optional: [
                "windows", "order", "seed", "qid_stderr", "kl_error", "score", "bos", "documents", "separator",
                "tokenizer",
                "calibration", "laws", "phase", "doubtful", "predictions", "disk",
            ])
        try self.init(keys) { (field) throws(ManifestError) in
            URL(filePath: try field.string(), relativeTo: directory).standardizedFileURL
        }
    }

    /// The part of a lock that is a manifest; its paths are absolute, those of the shard and the tokenizer one level down.
    init(lockKeys keys: [String: Field]) throws(ManifestError) {
        let absent = keys.filter { $0.key == "tokenizer" || $0.key == "windows" }.filter { $0.value.kind == "empty" }
        try self.init(keys.filter { absent[$0.key] == nil }) { (field) throws(ManifestError) in
            let isInput = (try? field.members()) != nil
            guard let path = isInput ? try field.mapping(required: ["path", "sha256"])["path"] : field else {
                preconditionFailure("mapping(required:) lets no missing key through")
            }
            return URL(filePath: try path.string()).standardizedFileURL
        }
    }

    private init(_ keys: [String: Field], path: (Field) throws(ManifestError) -> URL) throws(ManifestError) {
        name = try Self.name(keys["name"])
        archives = try (keys["archives"]?.list() ?? []).map { (field) throws(ManifestError) in
            try Archive(field, path: path)
        }
        evaluation = Evaluation(
            shard: try keys["shard"].required(path), tokenizer: try keys["tokenizer"].map(path),
            context: try keys["context"].required { (field) throws(ManifestError) in try field.integer(atLeast: 2) },
            windows: try keys["windows"].map { (field) throws(ManifestError) in try field.integer(atLeast: 1) },
            order: try WindowOrder(keys),
            target: PrecisionTarget(
                qidStderr: try keys["qid_stderr"].map { (field) throws(ManifestError) in try field.positive() },
                klError: try keys["kl_error"].map { (field) throws(ManifestError) in try field.share() }),
            score: try keys["score"].map { (field) throws(ManifestError) in try field.choice() } ?? .all,
            rules: try WindowRules(keys))
        calibration = try keys["calibration"].map { (field) throws(ManifestError) in
            try Calibration(field, path: path)
        }
        specs = try Self.specs(keys["specs"]?.list() ?? [], calibrates: calibration != nil)
        laws = try (keys["laws"]?.list() ?? []).map { (field) throws(ManifestError) in try field.string() }
        doubtful = try keys["doubtful"].map { (field) throws(ManifestError) in try field.choice() } ?? .leaveOut
        phases =
            try keys["phase"].map { (field) throws(ManifestError) in
                let text = try field.string()
                guard let choice = PhaseChoice(text) else {
                    let known = ["all"] + LearningRatePhase.allCases.map(\.rawValue)
                    throw field.invalid("'\(text)' where one of \(known.joined(separator: ", ")) was expected")
                }
                return choice
            } ?? .most
        predictions = try (keys["predictions"]?.list() ?? []).map { (field) throws(ManifestError) in
            try Prediction(field)
        }
        disk = try keys["disk"].map { (field) throws(ManifestError) in try field.byteSize() }
    }

    private static func name(_ field: Field?) throws(ManifestError) -> String {
        guard let field else { return "" }
        let name = try field.string()
        guard name.utf8.allSatisfy({ $0 == 0x2d || $0 == 0x5f || $0 == 0x2e || $0.isAlphanumeric }) else {
            throw field.invalid("a name is letters, digits, '-', '_' and '.': it becomes part of a directory's name")
        }
        return name
    }

    private static func specs(_ lines: [Field], calibrates: Bool) throws(ManifestError) -> [Spec] {
        var specs: [Spec] = []
        for line in lines {
            guard case .object(let object) = line.json else {
                throw line.invalid("a spec is a mapping such as {method: rtn, bits: [4, 3], group: 128}")
            }
            do throws(CompressionError) {
                for spec in try Spec.expand(line: object) where !specs.contains(spec) { specs.append(spec) }
            } catch { throw line.invalid(error.description) }
            if !calibrates, let spec = specs.first(where: \.needsCalibration) {
                throw line.invalid(
                    "method '\(spec.method.name)' needs the manifest's key 'calibration', such as {shard: text.jsonl}"
                )
            }
        }
        return specs
    }
}

extension WindowOrder {
    static let (shardName, randomName) = ("shard", "random")

    fileprivate init(_ keys: [String: Field]) throws(ManifestError) {
        let seed = try keys["seed"].map { (field) throws(ManifestError) in try field.integer(atLeast: 0) }
        guard let order = keys["order"] else {
            self = seed.map { .random(seed: $0) } ?? .usual
            return
        }
        switch try order.string() {
        case Self.shardName:
            if let seed = keys["seed"] {
                throw seed.invalid("the order of the shard has no seed; leave one of them out")
            }
            self = .shard
        case Self.randomName: self = seed.map { .random(seed: $0) } ?? .usual
        case let other:
            throw order.invalid("'\(other)' where \(Self.shardName) or \(Self.randomName) was expected")
        }
    }
}

extension WindowRules {
    fileprivate init(_ keys: [String: Field]) throws(ManifestError) {
        self.init(
            bos: try keys["bos"]?.flag() ?? false,
            documents: try keys["documents"].map { (field) throws(ManifestError) in try field.choice() } ?? .joined,
            separator: try keys["separator"].map { (field) throws(ManifestError) in
                guard let id = UInt32(exactly: try field.integer(atLeast: 0)) else {
                    throw field.invalid("no token id is as large")
                }
                return id
            })
        if documents == .separate, let score = keys["score"], try score.string() != ScoredTokens.all.rawValue {
            throw score.invalid(
                "the end of a short document is in no second half; leave it out, or 'documents: separate'")
        }
    }
}

extension Manifest.Calibration {
    fileprivate init(_ field: Field, path: (Field) throws(ManifestError) -> URL) throws(ManifestError) {
        let keys = try field.mapping(required: ["shard"], optional: ["context", "windows"])
        self.init(
            shard: try keys["shard"].required(path),
            context: try keys["context"]?.integer(atLeast: 2) ?? Self.usualContext,
            windows: try keys["windows"]?.integer(atLeast: 1) ?? Self.usualWindows)
    }
}

extension Manifest.Prediction {
    fileprivate init(_ field: Field) throws(ManifestError) {
        let keys = try field.mapping(required: ["params", "tokens", "bits"])
        let numbers = { (field: Field) throws(ManifestError) in
            try field.list().map { (number) throws(ManifestError) in try number.positive() }
        }
        self.init(
            params: try keys["params"].required(numbers), tokens: try keys["tokens"].required(numbers),
            bits: try keys["bits"].required(numbers))
    }
}

extension Optional where Wrapped == Field {
    /// Reads a key whose presence `mapping(required:)` has made sure of.
    func required<Result>(_ read: (Field) throws(ManifestError) -> Result) throws(ManifestError) -> Result {
        guard let field = self else { preconditionFailure("mapping(required:) lets no missing key through") }
        return try read(field)
    }
}

extension UInt8 {
    fileprivate var isAlphanumeric: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5a).contains(self) || (0x61...0x7a).contains(self)
    }
}
