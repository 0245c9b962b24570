internal import JSON
internal import ScalingLaws

/// A report for programs.
///
///     {"format": "qid-report/1", "title", "headline",
///      "run": {"lock_digest", "date", "program_version", "shard", "context_tokens", "windows"},
///      "savings": {"qid_stderr_target", "windows_used", "windows_available", "cells_short_of_target"} or null,
///      "cells": [{"family", "params", "tokens", "step", "scheme", "spec", "bits", "bits_per_weight",
///                 "loss16", "loss", "qid", "qid_stderr", "kl", "agreement", "windows", "windows_available"}],
///      "laws": [{"scheme", "fit": as `qid-fit --json`, "predictions": [{"params", "tokens", "bits", "value", "low", "high", …}],
///                "training_levels": [{"threshold", "params", "bits", "tokens", "low", "high", "beyond_hull"}]}],
///      "rankings": [{"family", "scheme", "laws": [{"law", "n", "aicc", "excess_aicc", "bic", "held_out_error", "failure"}]}],
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
            "failures": .array(
                content.failures.map {
                    ["stage": .string($0.stage), "subject": .string($0.subject), "reason": .string($0.reason)]
                }),
        ]
        return document.prettyText + "\n"
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
            "qid_stderr_target": .finite(savings.target), "windows_used": .integer(savings.used),
            "windows_available": .integer(savings.available), "cells_short_of_target": .integer(savings.short),
        ]
    }

    private static func cell(_ cell: MeasuredCell) -> JSONValue {
        [
            "family": .string(cell.family), "params": .finite(cell.params), "tokens": .finite(cell.tokens),
            "step": cell.step.map(JSONValue.integer) ?? .null, "scheme": .string(cell.scheme),
            "spec": .string(cell.spec),
            "bits": .finite(cell.bits), "bits_per_weight": .finite(cell.bitsPerWeight), "loss16": .finite(cell.loss16),
            "loss": .finite(cell.loss), "qid": .finite(cell.qid), "qid_stderr": .finite(cell.qidStderr),
            "kl": .finite(cell.kl), "agreement": .finite(cell.agreement),
            "windows": cell.extent.map { .integer($0.windows) } ?? .null,
            "windows_available": cell.extent.map { .integer($0.availableWindows) } ?? .null,
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
