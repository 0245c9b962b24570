internal import Compression
internal import Evaluation
internal import JSON
internal import Records
internal import ScalingLaws

/// A report for programs.
///
///     {"format": "qid-report/1", "title", "headline",
///      "run": {"lock_digest", "date", "program_version", "shard", "context_tokens", "windows"},
///      "savings": {"qid_stderr_target", "kl_error_target", "windows_used", "windows_available", "cells_short_of_target"} or null,
///      "cells": [{"family", "params", "tokens", "step", "series", "seed", "stage", "doubtful", "phase", "scheme", "spec",
///                 "bits", "bits_per_weight",
///                 "loss16", "loss", "qid", "qid_stderr", "kl", "kl_stderr", "rho", "rho_stderr", "agreement",
///                 "bits_per_byte",
///                 "windows", "windows_available"}],
///      "laws": [{"scheme", "fit": as `qid-fit --json`, "predictions": [{"params", "tokens", "bits", "value", "low", "high", …}],
///                "training_levels": [{"threshold", "params", "bits", "tokens", "low", "high", "beyond_hull"}]}],
///      "rankings": [{"family", "scheme", "laws": [{"law", "n", "aicc", "excess_aicc", "bic", "held_out_error", "failure"}]}],
///      "which_n": [{"family", "scheme", "choice": as `qid-fit --which-n --json`}],
///      "methods": {"checkpoints", "checkpoints_in_all", "left_out": [spec],
///                  "recipes": [{"spec", "method", "bits", "bits_per_weight", "qid", "qid_lowest", "qid_highest", "on_front",
///                               "on_fronts_of_single_checkpoints"}],
///                  "pairs": [{"method", "beats", "forms", "extra_bits_per_weight", "counts": [{"bits", "cells", "wins", "ties"}]}]}
///                 or null,
///      "layers": [{"checkpoint", "family", "params", "step",
///                  "specs": [{"spec", "distortion", "layers": [{"name", "weights", "weight_error", "output_error"}]}]}],
///      "findings": [{"path", "checkpoint", "kind", "message", "is_fault"}],
///      "failures": [{"stage", "subject", "reason"}]}
///
/// Losses, QiD and KL in nats per token; what is unknown is null.
enum ReportJSON {
    static func text(_ content: ReportContent) -> String {
        let document: JSONValue = [
            "format": "qid-report/1", "title": .string(content.title), "headline": .string(headline(for: content)),
            "run": run(content.run), "savings": Savings(content).map(savings) ?? .null,
            "cells": .array(content.measurements.map(cell)),
            "laws": .array(content.laws.map(law)), "rankings": .array(content.rankings.map(ranking)),
            "which_n": .array(
                content.sizeFindings.map {
                    ["family": .string($0.family), "scheme": .string($0.scheme), "choice": JSONValue($0.choice)]
                }),
            "phases": .array(
                content.phaseFindings.map {
                    [
                        "family": .string($0.family), "scheme": .string($0.scheme),
                        "comparison": JSONValue($0.comparison),
                    ]
                }),
            "methods": MethodComparison(content.measurements).map { methods($0, content) } ?? .null,
            "layers": .array(content.layerErrors.map(layers)),
            "findings": .array(content.findings.map(finding)),
            "failures": .array(
                content.failures.map {
                    ["stage": .string($0.stage), "subject": .string($0.subject), "reason": .string($0.reason)]
                }),
        ]
        return document.prettyText + "\n"
    }

    private static func layers(_ errors: LayerErrors) -> JSONValue {
        [
            "checkpoint": .string(errors.model.checkpoint), "family": .string(errors.model.family),
            "params": .finite(errors.model.params), "step": .integer(orNull: errors.model.step),
            "specs": .array(
                errors.rows.map { row in
                    [
                        "spec": .string(row.spec.name), "distortion": .number(orNull: row.layers.distortion),
                        "layers": .array(row.layers.map(\.json)),
                    ]
                }),
        ]
    }

    private static func finding(_ one: PlacedFinding) -> JSONValue {
        [
            "path": .string(one.path), "checkpoint": .string(orNull: one.checkpoint),
            "kind": .string(one.finding.kind.rawValue), "message": .string(one.finding.message),
            "is_fault": .bool(one.finding.isFault),
        ]
    }

    private static func run(_ facts: RunFacts) -> JSONValue {
        [
            "lock_digest": .string(facts.lockDigest), "date": facts.date.map(JSONValue.string) ?? .null,
            "program_version": .string(facts.programVersion), "shard": .string(facts.shard),
            "context_tokens": .integer(facts.contextTokens), "windows": .integer(facts.windows),
        ]
    }

    private static func savings(_ savings: Savings) -> JSONValue {
        [
            "qid_stderr_target": .finite(savings.target.qidStderr), "kl_error_target": .finite(savings.target.klError),
            "windows_used": .integer(savings.used),
            "windows_available": .integer(savings.available), "cells_short_of_target": .integer(savings.short),
        ]
    }

    private static func cell(_ cell: MeasuredCell) -> JSONValue {
        [
            "family": .string(cell.family), "params": .finite(cell.params), "tokens": .finite(cell.tokens),
            "step": .integer(orNull: cell.model.step),
            "series": .string(orNull: cell.model.run.series), "seed": .string(orNull: cell.model.run.seed),
            "stage": .integer(orNull: cell.model.run.stage), "doubtful": .bool(cell.model.isDoubtful),
            "phase": .string(cell.model.phase.rawValue),
            "scheme": .string(cell.scheme),
            "spec": .string(cell.spec.name),
            "bits": .finite(cell.bits), "bits_per_weight": .finite(cell.bitsPerWeight),
            "loss16": .finite(cell.degradation.baselineLoss),
            "loss": .finite(cell.loss), "qid": .finite(cell.qid), "qid_stderr": .finite(cell.degradation.qidStderr),
            "kl": .finite(cell.degradation.kl), "kl_stderr": .finite(cell.degradation.klStderr),
            "rho": .finite(cell.degradation.ratio), "rho_stderr": .finite(cell.degradation.ratioStderr),
            "agreement": .finite(cell.degradation.agreement), "bits_per_byte": .finite(cell.bitsPerByte),
            "windows": .integer(orNull: cell.scored.stopping.map { _ in cell.scored.windows }),
            "windows_available": .integer(orNull: cell.scored.stopping?.availableWindows),
        ]
    }

    private static func methods(_ comparison: MethodComparison, _ content: ReportContent) -> JSONValue {
        [
            "checkpoints": .integer(comparison.placeCount), "checkpoints_in_all": .integer(comparison.allPlaceCount),
            "left_out": .array(comparison.leftOut.map { .string($0) }),
            "recipes": .array(comparison.members.map(member)),
            "pairs": .array(MethodPair.pairs(content.measurements).map(pair)),
        ]
    }

    private static func member(_ member: MethodComparison.Member) -> JSONValue {
        [
            "spec": .string(member.spec.name), "method": .string(member.spec.method), "bits": .finite(member.bits),
            "bits_per_weight": .finite(member.bitsPerWeight), "qid": .finite(member.qid),
            "qid_lowest": .finite(member.lowest), "qid_highest": .finite(member.highest),
            "on_front": .bool(member.isOnFront), "on_fronts_of_single_checkpoints": .integer(member.frontCount),
        ]
    }

    private static func pair(_ pair: MethodPair) -> JSONValue {
        [
            "method": .string(pair.method), "beats": .string(pair.other),
            "forms": .array(pair.forms.map { .string($0) }),
            "extra_bits_per_weight": .finite(pair.extraBitsPerWeight),
            "counts": .array(
                pair.counts.map {
                    [
                        "bits": .finite($0.bits), "cells": .integer($0.cells), "wins": .integer($0.wins),
                        "ties": .integer($0.ties),
                    ]
                }),
        ]
    }

    private static func law(_ law: FittedScheme) -> JSONValue {
        [
            "scheme": .string(law.scheme), "fit": JSONValue(law.fit),
            "predictions": .array(law.predictions.map { JSONValue($0) }),
            "training_levels": .array(law.trainingLevels.map { JSONValue($0) }),
        ]
    }

    private static func ranking(_ ranking: LawRanking) -> JSONValue {
        [
            "family": .string(ranking.family), "scheme": .string(ranking.scheme),
            "laws": .array(ranking.laws.map { JSONValue($0) }),
        ]
    }
}
