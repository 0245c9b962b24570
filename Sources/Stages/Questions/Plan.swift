package import FoundationEssentials
import JSON
import Pipeline
import Records
import ScalingLaws
import Warehouse

/// What somebody wants to know before measuring more.
package struct PlanRequest: Sendable {
    package let manifest: URL
    package let goal: Goal
    /// The law to plan with; nil for the manifest's first law of KL, or else of QiD, or else of loss.
    package let law: String?
    /// Only checkpoints that the archives hold.
    package let onlyHeld: Bool
    /// Also the sizes and tokens of the predictions.
    package let goesBeyond: Bool

    package enum Goal: Sendable {
        /// The most for this cost, in average cells of the manifest.
        case budget(Double)
        /// What it takes until predictions are known up to this share of them.
        case within(Double)
    }

    package init(manifest: URL, goal: Goal, law: String?, onlyHeld: Bool, goesBeyond: Bool) {
        (self.manifest, self.goal, self.law, self.onlyHeld) = (manifest, goal, law, onlyHeld)
        self.goesBeyond = goesBeyond
    }
}

/// A cell worth measuring next.
struct PlannedCell: Sendable, Equatable {
    let family: String
    let scheme: String
    let step: DesignStep
    /// An archive holds the checkpoint; else it would have to be trained or found.
    let isHeld: Bool

    /// By how much the mean squared reach of its scheme's intervals falls for a unit of cost.
    var gain: Double {
        (step.reachBefore * step.reachBefore - step.reachAfter * step.reachAfter) / step.candidate.cost
    }
}

/// Which cells to measure next so that the manifest's predictions become narrower.
struct MeasurementPlan {
    let law: String
    let budget: Double
    /// How many predictions of how many schemes are wanted.
    let predictions: Int
    let schemes: Int
    /// How many cells were weighed.
    let offered: Int
    /// In the order of what each gains for its cost.
    let cells: [PlannedCell]
}

/// The cells whose measurement narrows the intervals of a manifest's predictions most, within a budget.
///
/// A cell costs what its evaluation does, 2·(N + d·V) operations a token, in units of the average cell that the
/// manifest has measured: so a budget needs no model of the machine, and training is not counted. Each scheme's law is
/// fitted apart; their cells compete for one budget by what they take off the mean squared reach of the intervals of
/// their scheme's predictions, for their cost.
package func plan(_ request: PlanRequest, workspace location: URL, asJSON: Bool) throws(StageError) -> String {
    let workspace = try attempt { () throws(WorkspaceError) in try Workspace(existing: location) }
    let lock = try resolve(manifest: request.manifest, workspace: workspace).lock
    let reader = try attempt { () throws(WarehouseError) in try WarehouseReader(reading: workspace.warehouse) }
    let points = try FitPoints(reader, evaluations: Set(lock.cells.map(\.evaluation.text)))
    let law = try planningLaw(request, lock)
    let fits = try points.plans([law])
    guard !lock.predictions.isEmpty, !fits.isEmpty else {
        let why = lock.predictions.isEmpty ? "the manifest wants no predictions" : "none of its cells is recorded yet"
        throw .laws(.noAnswer("nothing to plan for: \(why)"))
    }
    let candidates = try PlanCandidates(lock, in: workspace, goesBeyond: request.goesBeyond)
    switch request.goal {
    case .budget(let budget):
        let plan = try attempt { () throws(ScalingLawsError) in
            try MeasurementPlan(request, lock, budget: budget, law: law, fits: fits, candidates)
        }
        return asJSON ? plan.json.prettyText : plan.text
    case .within(let share):
        let needs = try attempt { () throws(ScalingLawsError) in
            try MeasurementNeeds(lock, within: share, law: law, fits: fits, candidates)
        }
        return asJSON ? needs.json.prettyText : needs.text
    }
}

private func planningLaw(_ request: PlanRequest, _ lock: Lock) throws(StageError) -> String {
    try attempt { () throws(ScalingLawsError) in
        let names = request.law.map { [$0] } ?? lock.laws
        let plannable = try names.map { (name) throws(ScalingLawsError) in try Laws.named(name) }.filter(
            \.isOfPlainCells)
        let first = [Quantity.kl, .qid].lazy.compactMap { quantity in plannable.first { $0.quantity == quantity } }
            .first
        if let chosen = first ?? plannable.first { return chosen.name }
        guard let given = request.law else { return Laws.klUnified.name }
        throw .noAnswer(
            "'\(given)' speaks of how models were trained, so all that it lacks is models to train; plan with a law of N, D "
                + "and bits")
    }
}

extension MeasurementPlan {
    fileprivate init(
        _ request: PlanRequest, _ lock: Lock, budget: Double, law: String, fits: [FitPoints.Plan],
        _ candidates: PlanCandidates
    ) throws(ScalingLawsError) {
        var queues: [[PlannedCell]] = []
        var (wantedCount, offered) = (0, 0)
        let unit = candidates.unit(fits)
        for plan in fits {
            guard let (fit, wanted) = try plan.wanted(lock) else { continue }
            wantedCount += wanted.count
            let cells = candidates.cells(of: plan, bits: fit.bits(lock, plan, wanted), wanted: wanted, unit: unit)
                .filter { $0.isHeld || !request.onlyHeld }
            offered += cells.count
            let held = Set(cells.filter(\.isHeld).map(\.candidate.conditions))
            let steps = try fit.measureNext(cells.map(\.candidate), for: wanted, budget: budget)
            queues.append(
                steps.map {
                    PlannedCell(
                        family: plan.family, scheme: plan.scheme, step: $0,
                        isHeld: held.contains($0.candidate.conditions))
                })
        }
        self.init(
            law: law, budget: budget, predictions: wantedCount, schemes: queues.count, offered: offered,
            cells: Self.merged(queues, budget: budget))
    }

    /// The schemes' orders joined: always the cell with the largest gain for its cost, while the budget lasts.
    private static func merged(_ queues: [[PlannedCell]], budget: Double) -> [PlannedCell] {
        var next = queues.map { _ in 0 }
        var left = budget
        var merged: [PlannedCell] = []
        while true {
            let heads = queues.indices.filter { next[$0] < queues[$0].count }
            guard let best = heads.max(by: { queues[$0][next[$0]].gain < queues[$1][next[$1]].gain }) else { break }
            let cell = queues[best][next[best]]
            // What a scheme would measure afterwards was weighed with this cell measured, so its order ends here.
            guard cell.step.candidate.cost <= left else {
                next[best] = queues[best].count
                continue
            }
            next[best] += 1
            left -= cell.step.candidate.cost
            merged.append(cell)
        }
        return merged
    }
}

extension FitPoints.Plan {
    /// Bit widths that people use.
    static let usualBits: [Double] = [2, 3, 4, 5, 6, 8]

    /// A cell of the plan's form of compression, as it would be measured.
    func place(params: Double, tokens: Double, bits: Double?) -> Conditions {
        var place = points[0].conditions
        (place.columns, place.labels) = ([:], [:])
        (place.params, place.tokens, place.bits) = (params, tokens, bits)
        return place
    }

    /// The law fitted for a plan, and the places of the manifest's predictions of which it speaks; nil without any.
    func wanted(_ lock: Lock) throws(ScalingLawsError) -> (fit: Fit, places: [Conditions])? {
        let fit = try ScalingLaws.fit(
            points, law, FitOptions(phases: lock.phases, bootstrapDraws: 0, holdsOut: false, profiles: false))
        let places = law.places(fit.conditions(of: lock.predictions, self)).filter(fit.speaks)
        return places.isEmpty ? nil : (fit, places)
    }
}

extension Law {
    /// Whether every cell of a checkpoint as it is, or compressed, is a point of the law: a law of how models are trained
    /// (their scheme or sparsity) learns from nothing but more training.
    fileprivate var isOfPlainCells: Bool {
        !hasLevels(of: .scheme) && [.sparsity, .fidelity, .activationFidelity].allSatisfy { !uses($0) }
    }

    /// The places that differ in what the law speaks of: without bits, those of 16.
    fileprivate func places(_ conditions: [Conditions]) -> [Conditions] {
        guard !uses(.bits) else { return conditions }
        var places: [Conditions] = []
        for var place in conditions {
            place.bits = 16
            if !places.contains(place) { places.append(place) }
        }
        return places
    }
}

extension Fit {
    /// The places of a manifest's predictions of which the law can speak.
    func conditions(of predictions: [Manifest.Prediction], _ plan: FitPoints.Plan) -> [Conditions] {
        let measured = Set(plan.points.compactMap(\.conditions.bits))
        var places: [Conditions] = []
        for grid in predictions {
            for bits in grid.bits where !isPerBit || measured.contains(bits) {
                for params in grid.params {
                    for tokens in grid.tokens {
                        places.append(
                            Conditions(
                                params: params, tokens: tokens, bits: bits, group: plan.points[0].conditions.group,
                                scheme: plan.scheme))
                    }
                }
            }
        }
        return places
    }

    /// A law with constants for each bit width says nothing of widths that were not measured.
    var isPerBit: Bool { law.hasLevels(of: .bits) }

    /// The bit widths that could be measured: those of the manifest and its predictions, and the usual ones.
    fileprivate func bits(_ lock: Lock, _ plan: FitPoints.Plan, _ wanted: [Conditions]) -> [Double] {
        let measured = Set(plan.points.compactMap(\.conditions.bits))
        guard !isPerBit, law.uses(.bits) else { return measured.sorted() }
        return Set(FitPoints.Plan.usualBits).union(measured).union(wanted.compactMap(\.bits).filter { $0 < 16 })
            .sorted()
    }
}
