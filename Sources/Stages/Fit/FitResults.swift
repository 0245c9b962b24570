import JSON
import Pipeline
import RealModule
import Report
import ScalingLaws
import Warehouse

func logarithm(_ value: Double) -> Double { Double.log(value) }
func exponential(_ value: Double) -> Double { Double.exp(value) }
func decimalExponent(_ value: Double) -> Int { Int(Double.log10(value).rounded(.down)) }
func power(_ base: Double, _ exponent: Int) -> Double { Double.pow(base, Double(exponent)) }

extension FittedScheme {
    /// Fits a plan's law and makes the predictions that it can make: a law with constants for each bit width says
    /// nothing of widths that were not measured.
    init(
        _ plan: FitPoints.Plan, predictions wanted: [Manifest.Prediction], givesTrainingLevels: Bool
    ) throws(ScalingLawsError) {
        let fit = try ScalingLaws.fit(plan.points, plan.law)
        let conditions = fit.conditions(of: wanted, plan)
        self.init(
            scheme: plan.scheme, fit: fit, predictions: try fit.predict(conditions),
            trainingLevels: givesTrainingLevels ? try fit.trainingLevels(plan, wanted: conditions) : [])
    }
}

extension Fit {
    /// The tokens at which QiD reaches 0.2 nats for the sizes measured and foretold, at the bit widths measured.
    fileprivate func trainingLevels(
        _ plan: FitPoints.Plan, wanted: [Conditions]
    ) throws(ScalingLawsError) -> [TrainingLevel] {
        let measured = residuals.map(\.point.conditions)
        let sizes = thinned(Set((measured + wanted).map(\.params)).sorted(), to: 8)
        let widths = Set(measured.compactMap(\.bits)).sorted(by: >)
        return try trainingLevels(
            TrainingLevel.usualThreshold, params: sizes, bits: widths, like: plan.points[0].conditions)
    }
}

/// At most so many of the values, the ends among them and the others evenly spread.
private func thinned(_ values: [Double], to count: Int) -> [Double] {
    guard values.count > count else { return values }
    return (0..<count).map { values[$0 * (values.count - 1) / (count - 1)] }
}

/// The law that training levels come from: that of each bit width, else the first of QiD.
func trainingLaw(_ plans: [FitPoints.Plan]) -> String? {
    let names = plans.filter { $0.law.quantity == .qid }.map(\.law.name)
    return names.first { $0 == "qid-per-bit" } ?? names.first
}

/// The laws of each scheme ranked on the same points, where there are several of one quantity.
func rankings(_ plans: [FitPoints.Plan]) throws(StageError) -> [LawRanking] {
    var rankings: [LawRanking] = []
    var left = plans
    while let first = left.first {
        let same = left.filter { $0.law.quantity == first.law.quantity && $0.isOfSamePoints(as: first) }
        left.removeAll { $0.law.quantity == first.law.quantity && $0.isOfSamePoints(as: first) }
        guard same.count > 1 else { continue }
        let ranked = try attempt { () throws(ScalingLawsError) in try rank(first.points, same.map(\.law)) }
        rankings.append(LawRanking(family: first.family, scheme: first.scheme, laws: ranked))
    }
    return rankings
}

extension FitPoints.Plan {
    fileprivate func isOfSamePoints(as other: FitPoints.Plan) -> Bool {
        family == other.family && scheme == other.scheme && evaluations == other.evaluations
    }
}

extension FitRow {
    init(_ fitted: FittedScheme, _ plan: FitPoints.Plan) {
        let fit = fitted.fit
        let key = ArtifactKey(
            stage: .fit,
            inputs: ["evaluations": .array(plan.evaluations.map { .string($0) })],
            parameters: [
                "law": .string(fit.law.name), "objective": .string(fit.objective.name), "family": .string(plan.family),
                "scheme": .string(plan.scheme),
                "points": .array(
                    plan.points.map { [.number($0.conditions.params), .number($0.conditions.tokens)] }),
                "predictions": .array(
                    fitted.predictions.map {
                        [.number($0.at.params), .number($0.at.tokens), .number(orNull: $0.at.bits)]
                    }),
            ])
        let quantity = fit.law.quantity.rawValue + "_nats"
        self.init(
            key: key.text, law: fit.law.name, scheme: plan.scheme, family: plan.family, objective: fit.objective.name,
            objectiveValue: fit.objectiveValue, n: fit.n, leftOut: fit.leftOut.count,
            r2: fit.r2.isFinite ? fit.r2 : nil, starts: fit.starts, startsAtBest: fit.startsAtBest,
            detail: JSONValue(fit).canonicalText, stageVersion: Stage.fit.version,
            programVersion: Stages.programVersion,
            parameters: fit.parameters.map {
                Parameter(
                    name: $0.name, value: $0.value, low: $0.low.isFinite ? $0.low : nil,
                    high: $0.high.isFinite ? $0.high : nil, atBound: $0.atBound)
            },
            predictions: fitted.predictions.map {
                Prediction(
                    quantity: quantity, scheme: plan.scheme, params: $0.at.params, tokens: $0.at.tokens,
                    bits: $0.at.bits ?? 16, value: $0.value, low: $0.low.isFinite ? $0.low : nil,
                    high: $0.high.isFinite ? $0.high : nil, beyondHull: $0.beyondHull.isFinite ? $0.beyondHull : nil)
            },
            warnings: fit.warnings.map { Warning(message: $0.finding, advice: $0.advice) })
    }
}

extension ReportContent {
    init(
        _ points: FitPoints, _ fitted: [FittedScheme], lock: Lock?, failures reader: WarehouseReader
    ) throws(StageError) {
        let cells = lock.map { Set($0.cells.map(\.subject)) }
        let failures = try attempt { () throws(WarehouseError) in try reader.failures() }.filter { one in
            guard let cells, [Stage.quantize, .evaluate].map(\.rawValue).contains(one.stage) else { return true }
            let subject = one.failure.subject
            return cells.contains(String(subject[..<(subject.firstRange(of: " (")?.lowerBound ?? subject.endIndex)]))
        }
        self.init(
            title: lock.map { "What compression costs: \($0.name)" } ?? "What compression costs",
            run: RunFacts(
                lockDigest: lock?.digest ?? "", date: nil, programVersion: Stages.programVersion,
                shard: points.qid.first?.shard ?? "", contextTokens: lock?.context ?? 0,
                windows: lock?.qidStderr == nil ? lock?.windows ?? 0 : points.qid.map(\.windows).max() ?? 0,
                qidStderrTarget: lock?.qidStderr),
            measurements: points.qid.compactMap(MeasuredCell.init), laws: fitted,
            failures: failures.map {
                Failure(stage: $0.stage, subject: $0.failure.subject, reason: $0.failure.reason)
            })
    }
}

extension QidPoint {
    /// The checkpoint and all that its QiD was measured on.
    fileprivate var place: String {
        let extent = [availableWindows ?? windows, context].map { "\($0)" }
        return ([checkpoint, shard, score] + extent + [stderrTarget.map { "\($0)" } ?? ""]).joined(separator: " ")
    }
}

extension MeasuredCell {
    /// Nil without D.
    fileprivate init?(_ point: QidPoint) {
        guard let tokens = point.tokens else { return nil }
        self.init(
            place: point.place, family: point.family, params: Double(point.params), tokens: Double(tokens),
            step: point.step, method: point.method, scheme: point.scheme, spec: point.spec, bits: point.bits,
            bitsPerWeight: point.bitsPerWeight,
            loss16: point.loss16, loss: point.loss, qid: point.qid, qidStderr: point.stderr, kl: point.kl,
            agreement: point.agreement,
            extent: point.availableWindows.map { .init(windows: point.windows, availableWindows: $0) })
    }
}
