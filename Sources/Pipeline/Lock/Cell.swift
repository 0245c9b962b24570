package import Compression
package import Evaluation
package import JSON
import LanguageModel
package import Records

/// The unit of work: one checkpoint under one compression (or none: the 16-bit baseline) on one shard.
package struct Cell: Sendable, Equatable {
    package let checkpoint: CheckpointRecord
    /// Nil for the 16-bit baseline.
    package let spec: Spec?
    /// The compressed checkpoint it reads; nil for the baseline.
    package let compressed: ArtifactKey?
    /// What it was calibrated on, where its method looks at activations.
    package let calibration: JSONValue?
    /// How many windows are scored.
    package let extent: Extent
    /// The evaluation it makes.
    package let evaluation: ArtifactKey
    /// What its compression did to each layer, on the run's calibration text; nil for the baseline and without text.
    package let distortion: Distortion?
    /// Of a baseline: how much the checkpoint minds errors in its weights, where a law asks for that.
    package let probe: Probe?

    /// Where the errors of layers are, and on what text.
    package struct Distortion: Sendable, Equatable {
        package let key: ArtifactKey
        /// SHA-256 over what the text is.
        package let calibration: String
    }

    /// Where a probe is, on what text and how many windows.
    package struct Probe: Sendable, Equatable {
        package let key: ArtifactKey
        /// SHA-256 over what the text is.
        package let calibration: String
        package let windows: Int
    }

    /// How many windows of the shard a cell scores.
    package enum Extent: Sendable, Equatable {
        /// So many, if the shard has them; all if nil.
        case windows(Int?)
        /// As many as it takes until it is known as well as this, and `limit` at most. Its checkpoint's loss in 16 bits is
        /// `baseline`.
        case until(PrecisionTarget, limit: Int?, baseline: ArtifactKey)
    }

    /// `rtn-asym-w4-g16`, or `baseline`.
    package var name: String { spec?.name ?? "baseline" }

    /// SHA-256 over what it was calibrated on.
    package var calibrationDigest: String? { calibration.map { sha256(Array($0.canonicalText.utf8)) } }
}

extension Lock {
    /// All cells of the run, checkpoint by checkpoint, the baseline first; a checkpoint found at two places counts
    /// once.
    ///
    /// One that is stored compressed is measured as it is, not compressed again.
    package var cells: [Cell] {
        var seen: Set<ArtifactKey> = []
        return checkpoints.flatMap { entry in
            ([nil] + (entry.record.storedScheme == nil ? specs.map { $0 } : [])).map { cell(entry.record, $0) }
        }.filter { seen.insert($0.evaluation).inserted }
    }

    /// Windows of a baseline whose compressed forms stop by themselves, unless the lock's limit is lower: what it takes
    /// must not depend on them, and a loss is comparable among checkpoints where it is of the same windows.
    package static let baselineWindows = 128

    private func cell(_ checkpoint: CheckpointRecord, _ spec: Spec?) -> Cell {
        let tokenizer: String? = tokenizer?.sha256 ?? checkpoint.tokenizer
        let needed =
            spec?.needsCalibration == true
            ? calibration?.identity(tokenizer: tokenizer, separator: rules.separator) : nil
        let text = calibration?.comparison(tokenizer: tokenizer, separator: rules.separator)
        var identity = JSONObject([
            .init(key: "checkpoint", value: .string(checkpoint.digest)),
            .init(key: "config", value: .string(checkpoint.config)),
        ])
        identity["calibration"] = needed
        let compressed = spec.map {
            ArtifactKey(stage: .quantize, inputs: .object(identity), parameters: $0.identity)
        }
        let inputs: JSONValue = [
            "checkpoint": .string(checkpoint.digest), "config": .string(checkpoint.config),
            "compressed": .string(orNull: compressed?.text), "shard": .string(shard.sha256),
            "tokenizer": .string(orNull: tokenizer),
        ]
        let extent = extent(checkpoint, spec)
        let isProbed = spec == nil && checkpoint.storedScheme == nil && needsDistortions
        return Cell(
            checkpoint: checkpoint, spec: spec, compressed: compressed, calibration: needed, extent: extent,
            evaluation: ArtifactKey(stage: .evaluate, inputs: inputs, parameters: parameters(extent)),
            // Turned weights are not those of the same channels.
            distortion: spec?.options.rotation != nil
                ? nil : compressed.flatMap { key in text.map { distortion(of: key, on: $0) } },
            probe: isProbed ? text.map { probe(inputs, on: $0) } : nil)
    }

    private func distortion(of compressed: ArtifactKey, on text: JSONValue) -> Cell.Distortion {
        Cell.Distortion(
            key: ArtifactKey(
                stage: .quantize, inputs: ["compressed": .string(compressed.text), "calibration": text],
                parameters: ["measured": "distortion", "of": "sublayers"]),
            calibration: sha256(Array(text.canonicalText.utf8)))
    }

    private func probe(_ inputs: JSONValue, on text: JSONValue) -> Cell.Probe {
        let windows = min(self.windows ?? ProbeRecord.windows, ProbeRecord.windows)
        return Cell.Probe(
            key: ArtifactKey(
                stage: .evaluate, inputs: ["scored": inputs, "calibration": text],
                parameters: [
                    "measured": "probe", "scoring": parameters(.windows(windows)), "noise": ProbeRecord.parameters,
                ]),
            calibration: sha256(Array(text.canonicalText.utf8)), windows: windows)
    }

    private func extent(_ checkpoint: CheckpointRecord, _ spec: Spec?) -> Cell.Extent {
        guard let target else { return .windows(windows) }
        guard spec != nil else { return .windows(min(windows ?? Self.baselineWindows, Self.baselineWindows)) }
        return .until(target, limit: windows, baseline: cell(checkpoint, nil).evaluation)
    }

    /// The parameters of an evaluation; those that are as ever have no key, so that older artifacts keep theirs.
    private func parameters(_ extent: Cell.Extent) -> JSONValue {
        var parameters = JSONObject([.init(key: "context", value: .integer(context))])
        switch extent {
        case .windows(let count): parameters["windows"] = .integer(orNull: count)
        case .until(let target, let limit, let baseline):
            parameters["windows"] = .integer(orNull: limit)
            target.add(to: &parameters)
            parameters["baseline"] = .string(baseline.text)
        }
        parameters["seed"] = order.seed.map { .integer($0) }
        if score != .all { parameters["score"] = .string(score.rawValue) }
        rules.add(to: &parameters)
        return .object(parameters)
    }
}

/// Every `stride`-th cell from the `index`-th, so that any scheduler can split the work, `--cells 3/8`; of all cells or of
/// a part of them.
package struct CellSelection: Sendable, Equatable {
    package let index: Int
    package let stride: Int
    /// The cells that are shared out; all if nil.
    package var part: ClosedRange<Int>?

    package static let all = CellSelection(index: 0, stride: 1)

    private init(index: Int, stride: Int) {
        self.index = index
        self.stride = stride
    }

    /// Reads `I/N`; nil unless 0 ≤ I < N.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let index = Int(parts[0]), let stride = Int(parts[1]), index >= 0, index < stride else {
            return nil
        }
        self.init(index: index, stride: stride)
    }

    package func take<Element>(_ cells: [Element]) -> [Element] {
        let part = (part ?? 0...Int.max).clamped(to: 0...max(0, cells.count - 1))
        return Swift.stride(from: 0, to: cells.isEmpty ? 0 : part.count, by: 1)
            .filter { $0 % stride == index }.map { cells[part.lowerBound + $0] }
    }
}
