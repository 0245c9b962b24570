internal import Compression
package import JSON
package import Kernels
import RealModule

/// How much a checkpoint minds errors in its weights, tried with Gaussian noise: `store/probes/<key>.json`.
package struct ProbeRecord: Sendable, Equatable {
    package var key: String
    /// The version of the stage that made it.
    package var version: Int
    package var checkpoint: CheckpointRecord
    package var scoring: ScoringRecord
    /// Windows scored.
    package var windows: Int
    /// SHA-256 over the text that inputs are of.
    package var calibration: String
    /// Whether no method was fitted to any of that text.
    package var isUnseen: Bool
    /// Loss of the checkpoint in 16 bits, nats per scored token.
    package var baselineLoss: Double
    package var trials: [Trial]
    /// How matrix products were computed, which decides the last bits.
    package var products: PanelForm

    /// What noise of one size and seed did, all layers at once.
    package struct Trial: Sendable, Equatable {
        /// t = ‖Δw‖/‖w‖ of every row.
        package var size: Double
        package var seed: Int
        package var kl: Double
        package var klStderr: Double?
        package var qid: Double
        package var qidStderr: Double?
        /// The errors of what is read behind each sublayer.
        package var readErrors: [Double]

        /// ō of these.
        package var distortion: Double { Compression.distortion(ofReadErrors: readErrors) }

        package init(
            size: Double, seed: Int, kl: Double, klStderr: Double?, qid: Double, qidStderr: Double?,
            readErrors: [Double]
        ) {
            (self.size, self.seed, self.kl, self.klStderr) = (size, seed, kl, klStderr)
            (self.qid, self.qidStderr, self.readErrors) = (qid, qidStderr, readErrors)
        }
    }

    package init(
        key: String, version: Int, checkpoint: CheckpointRecord, scoring: ScoringRecord,
        windows: Int, calibration: String, isUnseen: Bool, baselineLoss: Double, trials: [Trial], products: PanelForm
    ) {
        self.isUnseen = isUnseen
        (self.key, self.version, self.checkpoint) = (key, version, checkpoint)
        (self.scoring, self.windows) = (scoring, windows)
        (self.calibration, self.baselineLoss) = (calibration, baselineLoss)
        (self.trials, self.products) = (trials, products)
    }
}

extension ProbeRecord {
    /// Sizes of the noise whose KL stands for the model, tried in turn until one is small enough for KL ∝ t².
    ///
    /// The first is large enough to stand above other things in small models; it costs SmolLM2-135M 0.56 nats.
    package static let sizes = [0.1, 0.05, 0.025]
    /// The seeds that are tried at the size.
    ///
    /// KL of one seed is off by 11 % in models of half a million parameters, where a window less or more changes little.
    package static let seeds = [1, 2, 3, 4, 5, 6]
    /// Windows that are scored, unless the run's cells have fewer.
    package static let windows = 16
    /// The multiples of the size at which KL/t² must be what it is there, tried with the first seed.
    package static let multiples = [0.5, 2]
    /// By how much it may differ.
    package static let tolerance = 0.2

    /// What is tried, for keys.
    package static var parameters: JSONValue {
        [
            "sizes": .array(sizes.map { .number($0) }), "seeds": .array(seeds.map { .integer($0) }),
            "multiples": .array(multiples.map { .number($0) }), "relative_to": "row",
            "measured": "sublayers",
        ]
    }

    /// How far KL/t² of `others` is from that of noise of one size, at the most, as a share of it.
    package static func nonlinearity(
        _ one: (size: Double, kl: Double), _ others: [(size: Double, kl: Double)]
    ) -> Double {
        guard one.kl > 0, others.count == multiples.count else { return .infinity }
        let curvature = one.kl / (one.size * one.size)
        return others.map { abs($0.kl / ($0.size * $0.size) / curvature - 1) }.max() ?? .infinity
    }

    /// ln V − L₁₆, what no damage exceeds by much: predictions of the compressed model are then as good as none.
    package var ceiling: Double { max(0, .log(Double(checkpoint.size.vocabulary)) - baselineLoss) }
}

extension [ProbeRecord.Trial] {
    /// How far KL/t² of the other sizes is from that of the usual one, at the most, as a share of it.
    package var nonlinearity: Double {
        guard let reference = first, reference.seed == ProbeRecord.seeds[0] else { return .infinity }
        return ProbeRecord.nonlinearity(
            (reference.size, reference.kl), filter { $0.size != reference.size }.map { ($0.size, $0.kl) })
    }

    /// The size whose KL stands for the model, that of the first trial.
    package var size: Double? { first?.size }

    /// Whether damage is in proportion to t², so that the probe says something about other errors.
    package var isUsable: Bool { nonlinearity <= ProbeRecord.tolerance }

    /// S = KL/ō at the usual size; nil where the probe is of no use.
    package var sensitivity: Double? { mean { $0.kl / $0.distortion } }

    /// QiD/ō likewise.
    package var qidSensitivity: Double? { mean { $0.qid / $0.distortion } }

    private func mean(_ value: (ProbeRecord.Trial) -> Double) -> Double? {
        let usual = filter { $0.size == size }
        guard isUsable, !usual.isEmpty else { return nil }
        return usual.reduce(0) { $0 + value($1) } / Double(usual.count)
    }
}

extension ProbeRecord {
    package var json: JSONValue {
        var object = JSONObject([
            .init(key: "key", value: .string(key)), .init(key: "stage", value: "evaluate"),
            .init(key: "version", value: .integer(version)), .init(key: "checkpoint", value: checkpoint.json),
        ])
        scoring.add(to: &object)
        object["windows"] = .integer(windows)
        object["calibration"] = .string(calibration)
        object["unseen"] = .bool(isUnseen)
        object["baseline_loss"] = .number(baselineLoss)
        object["trials"] = .array(trials.map(\.json))
        object["products"] = .string(products.rawValue)
        return .object(object)
    }

    /// Reads the record back; nil if it is not one.
    package init?(_ json: JSONValue) {
        guard let object = json.object, let key = object["key"]?.string, let version = object["version"]?.int,
            let checkpoint = object["checkpoint"].flatMap(CheckpointRecord.init),
            let scoring = ScoringRecord(members: object), let windows = object["windows"]?.int,
            let calibration = object["calibration"]?.string, let baselineLoss = object["baseline_loss"]?.double,
            let isUnseen = (object["unseen"] ?? .bool(false)).bool, let entries = object["trials"]?.array,
            let products = object["products"]?.string.flatMap(PanelForm.init(rawValue:))
        else { return nil }
        let trials = entries.compactMap { $0.object.flatMap(Trial.init) }
        guard trials.count == entries.count, !trials.isEmpty else { return nil }
        self.init(
            key: key, version: version, checkpoint: checkpoint, scoring: scoring, windows: windows,
            calibration: calibration, isUnseen: isUnseen, baselineLoss: baselineLoss, trials: trials, products: products
        )
    }
}

extension ProbeRecord.Trial {
    fileprivate var json: JSONValue {
        [
            "size": .number(size), "seed": .integer(seed), "kl": .number(kl), "kl_stderr": .number(orNull: klStderr),
            "qid": .number(qid), "qid_stderr": .number(orNull: qidStderr),
            "read_errors": .array(readErrors.map { .number($0) }),
        ]
    }

    fileprivate init?(_ object: JSONObject) {
        guard let size = object["size"]?.double, let seed = object["seed"]?.int, let kl = object["kl"]?.double,
            let qid = object["qid"]?.double, let entries = object["read_errors"]?.array
        else { return nil }
        let readErrors = entries.compactMap(\.double)
        guard readErrors.count == entries.count, !readErrors.isEmpty else { return nil }
        self.init(
            size: size, seed: seed, kl: kl, klStderr: object["kl_stderr"]?.double, qid: qid,
            qidStderr: object["qid_stderr"]?.double, readErrors: readErrors)
    }
}
