import Compression
import JSON
import Presentation
import Records

/// What specs cost a checkpoint, foretold.
struct DamageAnswer {
    let probe: Probe.Outcome
    let lines: [SpecDistortion]
    let constants: DamageConstants

    /// A line's damage by one of the probe's sensitivities; nil where the probe or the line says nothing.
    private func damage(
        _ line: SpecDistortion, _ sensitivity: Double?, _ constants: ForetoldDamage.Constants
    ) -> ForetoldDamage? {
        guard let sensitivity, sensitivity > 0, let distortion = line.layers.distortion,
            line.spec.whyNothingIsForetold == nil
        else { return nil }
        return ForetoldDamage(
            distortion: distortion, sensitivity: sensitivity, ceiling: probe.ceiling, constants)
    }

    private func kl(_ line: SpecDistortion) -> ForetoldDamage? {
        damage(line, probe.trials.sensitivity, constants.kl)
    }

    private func qid(_ line: SpecDistortion) -> ForetoldDamage? {
        damage(line, probe.trials.sensitivity, constants.qid)
    }

    /// The document for programs.
    ///
    ///     {"probe": {"size", "usable", "nonlinearity", "sensitivity", "qid_sensitivity", "windows", "baseline_loss"}, "constants",
    ///      "results": [{"name", "bits_per_weight", "distortion", "kl": {"value", "low", "high", "saturated"} or null,
    ///                   "qid": …, "layers": [{"name", "weights", "weight_error", "output_error"}]}]}
    var json: JSONValue {
        [
            "probe": [
                "size": .number(orNull: probe.trials.size), "usable": .bool(probe.trials.isUsable),
                "nonlinearity": .finite(probe.trials.nonlinearity),
                "sensitivity": .number(orNull: probe.trials.sensitivity),
                "qid_sensitivity": .number(orNull: probe.trials.qidSensitivity), "windows": .integer(probe.windows),
                "baseline_loss": .number(probe.baselineLoss),
            ],
            "constants": .string(constants.source),
            "results": .array(
                lines.map { line in
                    [
                        "name": .string(line.spec.name), "bits_per_weight": .number(line.bitsPerWeight),
                        "distortion": .number(orNull: line.layers.distortion),
                        "kl": kl(line).map { JSONValue($0) } ?? .null, "qid": qid(line).map { JSONValue($0) } ?? .null,
                        "layers": .array(line.layers.map(\.json)),
                    ]
                }),
        ]
    }

    var text: String {
        let rows = lines.map { line in
            [
                line.spec.name, Figures.fixed(line.bitsPerWeight, decimals: 3),
                line.layers.distortion.map { Figures.significant($0) } ?? "unknown",
            ] + Self.columns(kl(line)) + Self.columns(qid(line)) + [note(line)]
        }
        let header = ["", "bits/weight", "distortion", "KL", "95 %", "QiD", "95 %", ""]
        var text = TextTable(header, text: [0, 7], rows: rows).aligned()
        text += "by \(constants.source), on \(probe.windows) windows\n"
        if !probe.trials.isUsable {
            text +=
                "the probe is refused: KL is not in proportion to the squared size of the noise (off by "
                + "\(Figures.significant(probe.trials.nonlinearity * 100, digits: 2)) %)\n"
        }
        return text
    }

    private func note(_ line: SpecDistortion) -> String {
        if let reason = line.spec.whyNothingIsForetold { return reason }
        return kl(line)?.isSaturated == true ? "saturated" : ""
    }

    private static func columns(_ damage: ForetoldDamage?) -> [String] {
        guard let damage else { return ["-", "-"] }
        var interval = "-"
        if let low = damage.low, let high = damage.high {
            interval = "[\(Figures.significant(low)), \(Figures.significant(high))]"
        }
        return [Figures.significant(damage.value), interval]
    }
}
