import JSON
import Pipeline
import RealModule
import Records
import Report
import ScalingLaws
import Warehouse

extension FittedScheme {
    /// Fits a plan's law and makes the predictions that it can make: a law with constants for each bit width says
    /// nothing of widths that were not measured.
    init(
        _ plan: FitPoints.Plan, predictions wanted: [Manifest.Prediction], phases: PhaseChoice,
        givesTrainingLevels: Bool
    ) throws(ScalingLawsError) {
        // A probe tells what the phase does, and nobody has probed models that are not there yet.
        let isOfDistortion = plan.law.isOfDistortion
        let fit = try ScalingLaws.fit(plan.points, plan.law, FitOptions(phases: isOfDistortion ? .all : phases))
        let conditions = isOfDistortion ? [] : fit.conditions(of: wanted, plan).filter(fit.speaks)
        self.init(
            scheme: plan.scheme, fit: fit, predictions: try fit.predict(conditions),
            trainingLevels: givesTrainingLevels ? try fit.trainingLevels(plan, wanted: conditions) : [])
    }
}

extension Fit {
    /// The tokens at which QiD reaches 0.2 nats for the sizes measured and predicted, at the bit widths measured.
    fileprivate func trainingLevels(
        _ plan: FitPoints.Plan, wanted: [Conditions]
    ) throws(ScalingLawsError) -> [TrainingLevel] {
        let measured = residuals.map(\.point.conditions)
        let known = measured + wanted.filter(speaks)
        let sizes = thinned(Set(known.map(\.params)).sorted(), to: 8)
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

/// The law that training levels come from: of QiD that of each bit width, else the first; of KL where there is none.
func trainingLaw(_ plans: [FitPoints.Plan]) -> String? {
    let plans = plans.filter { $0.law.uses(.tokens) }
    let ofQiD = plans.filter { $0.law.quantity == .qid }.map(\.law.name)
    let names = ofQiD.isEmpty ? plans.filter { $0.law.quantity == .kl }.map(\.law.name) : ofQiD
    return names.first { $0.hasSuffix("-per-bit") } ?? names.first
}

/// The laws of each scheme ranked on the same points, where there are several of one quantity.
func rankings(_ plans: [FitPoints.Plan], phases: PhaseChoice) throws(StageError) -> [LawRanking] {
    var rankings: [LawRanking] = []
    var left = plans
    while let first = left.first {
        let same = left.filter { $0.law.quantity == first.law.quantity && $0.isOfSamePoints(as: first) }
        left.removeAll { $0.law.quantity == first.law.quantity && $0.isOfSamePoints(as: first) }
        guard same.count > 1 else { continue }
        let ranked = try attempt { () throws(ScalingLawsError) in
            try rank(first.points, same.map(\.law), FitOptions(phases: phases))
        }
        rankings.append(LawRanking(family: first.family, scheme: first.scheme, laws: ranked))
    }
    return rankings
}

/// Which count of size the first law of each scheme should have, of KL where there is one.
func sizeFindings(_ plans: [FitPoints.Plan], phases: PhaseChoice) -> [SizeFinding] {
    firstAnswers(plans) { SizeChoice($0.points, $0.law, FitOptions(phases: phases)) }.map {
        SizeFinding(family: $0.plan.family, scheme: $0.plan.scheme, choice: $0.answer)
    }
}

/// What the decay of the learning rate changes about each scheme's first law that is asked, of KL where there is one.
func phaseFindings(_ plans: [FitPoints.Plan]) -> [PhaseFinding] {
    firstAnswers(plans) { PhaseComparison($0.points, $0.law) }.map {
        PhaseFinding(family: $0.plan.family, scheme: $0.plan.scheme, comparison: $0.answer)
    }
}

/// For each scheme of each family what its first law of damage that has an answer says, of KL where there is one.
private func firstAnswers<Answer>(
    _ plans: [FitPoints.Plan], _ ask: (FitPoints.Plan) -> Answer?
) -> [(plan: FitPoints.Plan, answer: Answer)] {
    let ofDamage = plans.filter { $0.law.quantity == .kl } + plans.filter { $0.law.quantity == .qid }
    var found: [(plan: FitPoints.Plan, answer: Answer)] = []
    for plan in ofDamage
    where !found.contains(where: { $0.plan.family == plan.family && $0.plan.scheme == plan.scheme }) {
        if let answer = ask(plan) { found.append((plan, answer)) }
    }
    return found
}

extension FitPoints.Plan {
    fileprivate func isOfSamePoints(as other: FitPoints.Plan) -> Bool {
        family == other.family && scheme == other.scheme && evaluations == other.evaluations
    }
}

extension FitPoints.Plan {
    /// The key under which a fit is recorded.
    func key(of fitted: FittedScheme) -> ArtifactKey {
        let columns = Set(points.flatMap(\.conditions.columns.keys)).filter { fitted.fit.law.uses(.column($0)) }
            .sorted()
        return ArtifactKey(
            stage: .fit,
            inputs: ["evaluations": .array(evaluations.map { .string($0) })],
            parameters: [
                "law": .string(fitted.fit.law.name), "objective": .string(fitted.fit.objective.name),
                "family": .string(family), "scheme": .string(scheme),
                "phase": .string(orNull: fitted.fit.phase?.rawValue),
                "points": .array(points.map { $0.identity(with: columns) }),
                "predictions": .array(
                    fitted.predictions.map {
                        [.number($0.at.params), .number($0.at.tokens), .number(orNull: $0.at.bits)]
                    }),
            ])
    }
}

extension Point {
    /// What a fit takes besides evaluations: of the manifest N, D, the run and where its learning rate stood, and the columns
    /// that its law has, of which those of layers and probes may be measured anew.
    fileprivate func identity(with columns: [String]) -> JSONValue {
        let facts: [JSONValue] = [
            .number(conditions.params), .number(conditions.tokens), .string(orNull: series), .string(orNull: seed),
            .string(orNull: stage), .string(phase.rawValue),
        ]
        return .array(facts + columns.map { .number(orNull: conditions.columns[$0]) })
    }
}

extension ReportContent {
    /// The errors of the layers of one checkpoint of each family: that of the most specs, the largest and most trained one
    /// among those of as many.
    private static func layerErrors(
        _ cells: [MeasuredCell], _ reader: WarehouseReader
    ) throws(StageError) -> [LayerErrors] {
        // A spec that leaves weights as they are has no errors to show.
        let known = cells.filter { ($0.distortion?.weightError ?? 0) > 0 }
        let families = Dictionary(grouping: known, by: \.family).sorted { $0.key < $1.key }
        return try families.map { (_, cells) throws(StageError) in
            func rank(_ cells: [MeasuredCell]) -> (Int, Double, Double) {
                (Set(cells.map(\.spec)).count, cells[0].params, cells[0].tokens ?? 0)
            }
            let places = Dictionary(grouping: cells, by: \.model.checkpoint).sorted { $0.key < $1.key }.map(\.value)
            let chosen = places.max { rank($0) < rank($1) } ?? []
            let keys = chosen.compactMap(\.distortion?.key)
            let layers = try attempt { () throws(WarehouseError) in try reader.layerDistortions(Set(keys)) }
            var rows: [LayerErrors.Row] = []
            for cell in chosen where !rows.contains(where: { $0.spec == cell.spec }) {
                guard let own = cell.distortion.flatMap({ layers[$0.key] }) else { continue }
                rows.append(LayerErrors.Row(spec: cell.spec, layers: own))
            }
            return LayerErrors(model: chosen[0].model, rows: rows)
        }
    }

    init(
        _ points: FitPoints, _ fitted: [FittedScheme], lock: Lock?, failures reader: WarehouseReader
    ) throws(StageError) {
        let cells = lock.map { Set($0.cells.map(\.failed)) }
        let failures = try attempt { () throws(WarehouseError) in try reader.failures() }.filter { one in
            guard let cells, [Stage.quantize, .evaluate].map(\.rawValue).contains(one.stage) else { return true }
            return one.cell.map(cells.contains) ?? false
        }
        var run = RunFacts(
            lockDigest: lock?.digest ?? "", programVersion: programVersion,
            shard: points.measurements.first?.scored.shard ?? "", contextTokens: lock?.context ?? 0,
            windows: lock?.target == nil ? lock?.windows ?? 0 : points.cells.map(\.scored.windows).max() ?? 0)
        run.target = lock?.target
        self.init(
            title: lock.map { "What compression costs: \($0.name)" } ?? "What compression costs", run: run,
            measurements: points.measurements, laws: fitted, failures: failures)
        let paths = lock.map { Set($0.checkpoints.map(\.path)) }
        findings = try attempt { () throws(WarehouseError) in try reader.findings() }.filter { one in
            paths?.contains(one.path) ?? true
        }
        keepsDoubtful = lock?.doubtful == .keep
        layerErrors = try Self.layerErrors(points.cells, reader)
    }
}
