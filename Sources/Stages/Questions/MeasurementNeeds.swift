import Pipeline
import RealModule
import ScalingLaws

/// What it takes until a manifest's predictions are known as well as is asked, of each kind of measurement alone.
struct MeasurementNeeds {
    let law: String
    /// The share of a prediction up to which it is to be known, by 95 % intervals.
    let within: Double
    let schemes: [Scheme]

    struct Scheme {
        let family: String
        let scheme: String
        let predictions: Int
        /// Training runs behind the fit; nil where they are too few to tell runs' own deviations.
        let runs: Int?
        let needs: [Need]
    }

    struct Need {
        let kind: MeasurementKind
        let need: DesignNeed
        /// The groups of cells that were offered, and those taken, in words.
        let offered: Int
        let taken: [MeasurementGroup]
    }

    init(
        _ lock: Lock, within: Double, law: String, fits: [FitPoints.Plan], _ candidates: PlanCandidates
    ) throws(ScalingLawsError) {
        (self.law, self.within) = (law, within)
        let unit = candidates.unit(fits)
        var schemes: [Scheme] = []
        for plan in fits {
            guard let (fit, wanted) = try plan.wanted(lock) else { continue }
            let measurable = MeasurableGroups(plan, candidates, wanted: wanted, unit: unit)
            let needs = try MeasurementKind.allCases.map { (kind) throws(ScalingLawsError) in
                let groups = measurable.groups(kind)
                let need = try fit.measure(groups.map(\.cells), for: wanted, until: .log(1 + within))
                return Need(kind: kind, need: need, offered: groups.count, taken: need.chosen.map { groups[$0] })
            }
            schemes.append(
                Scheme(
                    family: plan.family, scheme: plan.scheme, predictions: wanted.count,
                    runs: fit.clusterUnit == .runs ? fit.clusters : nil, needs: needs))
        }
        self.schemes = schemes
    }
}
