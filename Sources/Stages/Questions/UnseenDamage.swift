package import Compression
package import FoundationEssentials
import JSON
import Pipeline
import Presentation
import RealModule
import Records
import ScalingLaws
import Warehouse

/// A model that is not there yet, and specs.
package struct UnseenRequest: Sendable {
    package let params: Double
    package let tokens: Double
    package let specs: [Spec]
    /// Whose probes and measurements tell.
    package let workspace: URL
    /// Nil: that with the most measurements.
    package let family: String?

    package init(params: Double, tokens: Double, specs: [Spec], workspace: URL, family: String?) {
        (self.params, self.tokens, self.specs) = (params, tokens, specs)
        (self.workspace, self.family) = (workspace, family)
    }
}

/// Foretells what specs would cost a model that is not there yet: from how sensitivity grows with N and D over the
/// workspace's probes, and from the errors that the specs make in the layers of its checkpoints.
package func predictUnseen(_ request: UnseenRequest, asJSON: Bool) throws(StageError) -> String {
    let workspace = try attempt { () throws(WorkspaceError) in try Workspace(existing: request.workspace) }
    let reader = try attempt { () throws(WarehouseError) in try WarehouseReader(reading: workspace.warehouse) }
    let points = try FitPoints(reader, evaluations: nil)
    let answer = try UnseenDamage(request, points)
    return asJSON ? answer.json.prettyText : answer.text
}

/// What specs would cost a model that is not there yet.
private struct UnseenDamage {
    struct Line {
        let spec: Spec
        let bitsPerWeight: Double
        /// ō, the mean over the checkpoints that it was measured on.
        let distortion: Double
        let checkpoints: Int
        let kl: ForetoldDamage
        let qid: ForetoldDamage
    }

    private let request: UnseenRequest
    private let family: String
    private let law: SensitivityLaw
    private let sensitivity: Prediction
    private var lines: [Line] = []
    private var others: [(name: String, reason: String)] = []

    init(_ request: UnseenRequest, _ measured: FitPoints) throws(StageError) {
        let plans = try measured.plans([Laws.klDistortion.name]).filter {
            request.family == nil || $0.family == request.family
        }
        guard let plan = plans.max(by: { $0.points.count < $1.points.count }) else {
            throw .laws(
                .noAnswer(
                    "nothing is foretold: no checkpoint"
                        + (request.family.map { " of family '\($0)'" } ?? "")
                        + " has a probe; run a manifest with calibration and the law kl-distortion"))
        }
        (self.request, family) = (request, plan.family)
        let constants = try DamageConstants(of: plan.family, measured)
        (law, sensitivity) = try attempt { () throws(ScalingLawsError) in
            let law = try SensitivityLaw(plan.points)
            return (law, try law.sensitivity(params: request.params, tokens: request.tokens))
        }
        let ceiling = plan.points.compactMap(\.lossAtChance).max() ?? .infinity
        for spec in request.specs {
            let cells = measured.cells.filter { $0.family == plan.family && $0.spec.name == spec.name }
            let errors = Dictionary(
                cells.compactMap { cell in cell.distortion.map { (cell.model.checkpoint, $0.mean) } },
                uniquingKeysWith: { first, _ in first }
            ).values.sorted()
            if let reason = spec.whyNothingIsForetold {
                others.append((spec.name, reason))
            } else if errors.isEmpty {
                others.append((spec.name, "no checkpoint of \(plan.family) has its layers measured under it"))
            } else {
                lines.append(Line(spec, cells, errors, law, sensitivity, ceiling: ceiling, constants))
            }
        }
    }

    var text: String {
        let rows = lines.map { line in
            [
                line.spec.name, Figures.fixed(line.bitsPerWeight, decimals: 3), Figures.significant(line.distortion),
                "\(line.checkpoints)", Figures.significant(line.kl.value), Self.interval(line.kl),
                Figures.significant(line.qid.value), Self.interval(line.qid), line.kl.isSaturated ? "saturated" : "",
            ]
        }
        let header = ["", "bits/weight", "distortion", "checkpoints", "KL", "95 %", "QiD", "95 %", ""]
        var text = lines.isEmpty ? "" : TextTable(header, text: [0, 8], rows: rows).aligned()
        for other in others { text += "\(other.name): \(other.reason)\n" }
        let off = law.heldOutError.map { Figures.significant(Double.exp($0)) }
        text += "\(family), N \(Figures.count(request.params)), D \(Figures.count(request.tokens)): "
        text +=
            "sensitivity \(Figures.significant(sensitivity.value)) by \(law.fit.law.display) over \(law.fit.n) checkpoints, "
        text += off.map { "off by a factor of \($0) on the largest size held out" } ?? "no size held out"
        text +=
            sensitivity.beyondHull > 1
            ? "; a factor of \(Figures.significant(sensitivity.beyondHull, digits: 2)) beyond them\n" : "\n"
        return text
    }

    /// The document for programs.
    ///
    ///     {"family", "params", "tokens", "sensitivity": {"value", "low", "high", "beyond_hull", "checkpoints",
    ///      "held_out_error"}, "results": [{"name", "bits_per_weight", "distortion", "checkpoints", "kl": {"value", "low",
    ///      "high", "saturated"}, "qid": …}], "others": [{"name", "reason"}]}
    ///
    /// Intervals are of a measurement of another run.
    var json: JSONValue {
        [
            "family": .string(family), "params": .number(request.params), "tokens": .number(request.tokens),
            "sensitivity": [
                "value": .finite(sensitivity.value), "low": .finite(sensitivity.predictive?.lowerBound),
                "high": .finite(sensitivity.predictive?.upperBound), "beyond_hull": .finite(sensitivity.beyondHull),
                "checkpoints": .integer(law.fit.n), "held_out_error": .finite(law.heldOutError),
            ],
            "results": .array(
                lines.map { line in
                    [
                        "name": .string(line.spec.name), "bits_per_weight": .number(line.bitsPerWeight),
                        "distortion": .number(line.distortion), "checkpoints": .integer(line.checkpoints),
                        "kl": JSONValue(line.kl), "qid": JSONValue(line.qid),
                    ]
                }),
            "others": .array(others.map { ["name": .string($0.name), "reason": .string($0.reason)] }),
        ]
    }

    private static func interval(_ damage: ForetoldDamage) -> String {
        guard let low = damage.low, let high = damage.high else { return "-" }
        return "[\(Figures.significant(low)), \(Figures.significant(high))]"
    }
}

extension UnseenDamage.Line {
    fileprivate init(
        _ spec: Spec, _ cells: [MeasuredCell], _ errors: [Double], _ law: SensitivityLaw, _ sensitivity: Prediction,
        ceiling: Double, _ constants: DamageConstants
    ) {
        let distortion = errors.reduce(0, +) / Double(errors.count)
        // Beyond the probes it is known no better than on the size held out.
        let least = sensitivity.beyondHull > 1 ? law.heldOutError ?? 0 : 0
        let reach = sensitivity.predictive.map { max(Double.log($0.upperBound / sensitivity.value), least) }
        func damage(_ constants: ForetoldDamage.Constants) -> ForetoldDamage {
            ForetoldDamage(
                distortion: distortion, sensitivity: sensitivity.value, ceiling: ceiling, constants,
                reachOfSensitivity: reach)
        }
        self.init(
            spec: spec, bitsPerWeight: cells.reduce(0) { $0 + $1.bitsPerWeight } / Double(cells.count),
            distortion: distortion, checkpoints: errors.count, kl: damage(constants.kl), qid: damage(constants.qid))
    }
}
