internal import Compression
internal import Evaluation
internal import LanguageModel
internal import Records

extension DistortionRecord {
    func row(programVersion: String) -> TableRow {
        TableRow(
            "distortion", key: ["key": .text(key)],
            [
                "compressed_key": .text(artifact), "calibration_digest": .text(calibration),
                "checkpoint": .text(checkpoint), "bits_per_weight": .real(bitsPerWeight),
                "distortion": .optional(layers.distortion), "is_whole": .integer(isWhole ? 1 : 0),
                "is_unseen": .integer(isUnseen ? 1 : 0),
                "stage_version": .integer(version),
            ], program: programVersion)
    }

    var layerRows: [TableRow] {
        layers.enumerated().map { position, layer in
            TableRow(
                "layer_distortion", key: ["distortion": .text(key), "position": .integer(position)],
                [
                    "layer": .text(layer.name), "weights": .integer(layer.weights),
                    "weight_error": .real(layer.weightError), "output_error": .optional(layer.outputError),
                    "read_error": .optional(layer.readError),
                ])
        }
    }
}

extension ProbeRecord {
    func rows(programVersion: String) -> [TableRow] {
        trials.map { trial in
            TableRow(
                "probe", key: ["key": .text(key), "size": .real(trial.size), "seed": .integer(trial.seed)],
                [
                    "checkpoint": .text(checkpoint.digest), "shard": .text(scoring.streamDigest),
                    "context_tokens": .integer(scoring.context),
                    "windows": .integer(windows),
                    "score": .text(scoring.tokens.rawValue), "window_seed": .optional(scoring.order.seed),
                    "calibration_digest": .text(calibration), "is_unseen": .integer(isUnseen ? 1 : 0),
                    "baseline_loss_nats": .real(baselineLoss),
                    "ceiling_nats": .real(ceiling), "kl_nats": .real(trial.kl),
                    "kl_stderr_nats": .optional(trial.klStderr), "qid_nats": .real(trial.qid),
                    "qid_stderr_nats": .optional(trial.qidStderr), "distortion": .real(trial.distortion),
                    "is_usable": .integer(trials.isUsable ? 1 : 0),
                    "is_usual": .integer(trial.size == trials.size ? 1 : 0), "stage_version": .integer(version),
                ], program: programVersion)
        }
    }
}
