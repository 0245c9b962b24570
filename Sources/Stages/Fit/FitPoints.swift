import JSON
import Pipeline
import ScalingLaws
import Warehouse

/// The warehouse's measurements as laws take them.
struct FitPoints {
    let qid: [QidPoint]
    let losses: [LossPoint]

    /// `evaluations` are the keys of those that count; all if nil.
    init(_ reader: WarehouseReader, evaluations: Set<String>?) throws(StageError) {
        qid = try attempt { () throws(WarehouseError) in try reader.qidPoints(evaluations: evaluations) }
        losses = try attempt { () throws(WarehouseError) in try reader.lossPoints(evaluations: evaluations) }
    }

    /// A law with the points of one scheme of one family.
    struct Plan {
        let law: Law
        let family: String
        let scheme: String
        let points: [Point]
        /// Keys of the evaluations behind the points.
        let evaluations: [String]
    }

    /// What to fit: every law to every scheme it can speak of.
    ///
    /// Measurements without D are left to SQL.
    func plans(_ laws: [String]) throws(StageError) -> [Plan] {
        var plans: [Plan] = []
        for name in laws {
            let law = try attempt { () throws(ScalingLawsError) in try Laws.named(name) }
            switch law.quantity {
            case .qid: plans += schemes.map { qidPlan(law, family: $0.family, scheme: $0.scheme) }
            case .loss where law.speaksOfBits:
                plans += schemes.map { lossPlan(law, family: $0.family, scheme: $0.scheme) }
            case .loss: plans += Set(losses.map(\.family)).sorted().map { lossPlan(law, family: $0, scheme: nil) }
            }
        }
        return plans.filter { !$0.points.isEmpty }
    }

    struct Group: Hashable {
        let family: String
        let scheme: String
    }

    /// Every scheme's points that laws can use, in the order of names, with what else is known about them.
    func groups(for laws: [String]) throws(StageError) -> [(group: Group, points: MeasuredPoints)] {
        let plans = try plans(Array(laws.prefix(1)))
        return plans.map { plan in
            let baselines = losses.filter {
                $0.family == plan.family && $0.spec == "baseline" && $0.scheme == Self.dense
            }
            var stored: [Double: [Double]] = [:]
            for one in qid where one.family == plan.family && one.scheme == plan.scheme {
                stored[one.bits, default: []].append(one.bitsPerWeight)
            }
            return (
                Group(family: plan.family, scheme: plan.scheme),
                MeasuredPoints(
                    points: plan.points, baselines: baselines.compactMap { Point($0, countsNonZero: false) },
                    bitsPerWeight: stored.mapValues { $0.reduce(0, +) / Double($0.count) })
            )
        }
    }

    private var schemes: [Group] {
        Set(qid.map { Group(family: $0.family, scheme: $0.scheme) }).sorted {
            ($0.family, $0.scheme) < ($1.family, $1.scheme)
        }
    }

    private func qidPlan(_ law: Law, family: String, scheme: String) -> Plan {
        let chosen = qid.filter { $0.family == family && $0.scheme == scheme && $0.tokens != nil }
        return Plan(
            law: law, family: family, scheme: scheme, points: chosen.compactMap(Point.init),
            evaluations: chosen.map(\.evaluation))
    }

    /// Dense baselines; for a law that speaks of bits the compressed losses of one scheme as well, and for one that
    /// speaks of training under compression those natively compressed baselines that it has a word for.
    private func lossPlan(_ law: Law, family: String, scheme: String?) -> Plan {
        let chosen = losses.filter {
            $0.family == family && $0.tokens != nil
                && ($0.spec == "baseline" ? law.speaks(of: $0) : $0.scheme == scheme)
        }
        let points = chosen.compactMap { Point($0, countsNonZero: law.formula.contains("sparsity")) }
        let native = chosen.contains { $0.spec == "baseline" && $0.scheme != Self.dense }
        return Plan(
            law: law, family: family, scheme: scheme ?? (native ? "all" : Self.dense), points: points,
            evaluations: chosen.map(\.evaluation))
    }

    /// What the warehouse calls a baseline that was not trained under compression.
    fileprivate static let dense = "dense"
}

extension Law {
    var speaksOfBits: Bool { formula.contains("bits") }

    /// Whether a baseline is dense, or trained under what the law has a word for.
    fileprivate func speaks(of baseline: LossPoint) -> Bool {
        if baseline.scheme == FitPoints.dense || formula.contains("scheme") { return true }
        guard baseline.bits != nil || baseline.nativeActivationBits != nil else {
            return baseline.nativeSparsity != nil && formula.contains("sparsity")
        }
        return baseline.nativeSparsity == nil && formula.contains("fidelity")
    }
}

extension Point {
    /// Nil without D.
    fileprivate init?(_ point: QidPoint) {
        guard let tokens = point.tokens else { return nil }
        self.init(
            Conditions(
                params: Double(point.params), tokens: Double(tokens), bits: point.bits,
                group: point.groupSize.map(Double.init), scheme: point.scheme),
            loss: point.loss, qid: point.qid, qidStderr: point.stderr,
            lossAtChance: logarithm(Double(point.vocabularySize)), family: point.family,
            checkpoint: point.checkpoint, phase: SchedulePhase(rawValue: point.phase.rawValue) ?? .unknown)
    }

    /// Nil without D; `countsNonZero` says whether N is of the parameters that are not zero.
    fileprivate init?(_ point: LossPoint, countsNonZero: Bool) {
        guard let tokens = point.tokens else { return nil }
        let sparsity = point.nativeSparsity ?? 0
        self.init(
            Conditions(
                params: Double(point.params) * (countsNonZero ? 1 - sparsity : 1), tokens: Double(tokens),
                bits: point.bits ?? 16, activationBits: point.nativeActivationBits.map(Double.init),
                sparsity: sparsity, scheme: point.scheme),
            loss: point.loss, family: point.family, checkpoint: point.checkpoint,
            phase: SchedulePhase(rawValue: point.phase.rawValue) ?? .unknown)
    }
}
