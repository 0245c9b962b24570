import JSON
import Pipeline
import Records
import ScalingLaws
import Warehouse

/// The warehouse's measurements as laws take them.
struct FitPoints {
    /// All that was measured.
    let measurements: [MeasuredCell]
    /// What fits use of it: not of checkpoints that a finding doubts, unless these are kept.
    let cells: [MeasuredCell]
    let losses: [MeasuredLoss]

    /// `evaluations` are the keys of those that count; all if nil.
    init(
        _ reader: WarehouseReader, evaluations: Set<String>?, doubtful: DoubtfulPoints = .leaveOut
    ) throws(StageError) {
        measurements = try attempt { () throws(WarehouseError) in try reader.cells(evaluations: evaluations) }
        let losses = try attempt { () throws(WarehouseError) in try reader.losses(evaluations: evaluations) }
        cells = measurements.filter { doubtful == .keep || !$0.model.isDoubtful }
        self.losses = losses.filter { doubtful == .keep || !$0.model.isDoubtful }
    }

    /// What fits leave out of the measurements, in words; nil where they use all.
    var leftOut: String? {
        let doubtful = measurements.count - cells.count
        let unknown = cells.count { $0.tokens == nil }
        let parts = [
            doubtful > 0 ? "\(doubtful) of checkpoints that are doubtful" : nil,
            unknown > 0 ? "\(unknown) of checkpoints whose D nobody says" : nil,
        ].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: " and ")
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
            case .kl where law.isOfDistortion, .qid where law.isOfDistortion:
                plans += Set(cells.map(\.family)).sorted().map { degradationPlan(law, family: $0, scheme: nil) }
            case .kl, .qid: plans += schemes.map { degradationPlan(law, family: $0.family, scheme: $0.scheme) }
            case .loss where law.uses(.bits):
                plans += schemes.map { lossPlan(law, family: $0.family, scheme: $0.scheme) }
            case .loss: plans += Set(losses.map(\.model.family)).sorted().map { lossPlan(law, family: $0, scheme: nil) }
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
                $0.model.family == plan.family && $0.spec == nil && $0.form.scheme == MeasuredLoss.Form.dense
            }
            var stored: [Double: [Double]] = [:]
            for one in cells where one.family == plan.family && one.scheme == plan.scheme {
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
        Set(cells.map { Group(family: $0.family, scheme: $0.scheme) }).sorted {
            ($0.family, $0.scheme) < ($1.family, $1.scheme)
        }
    }

    /// Cells of one scheme; of all schemes whose layers' errors are known if nil.
    private func degradationPlan(_ law: Law, family: String, scheme: String?) -> Plan {
        let chosen = cells.filter { cell in
            cell.family == family && cell.tokens != nil
                && (scheme.map { cell.scheme == $0 } ?? (cell.distortion?.sensitivity != nil))
        }
        return Plan(
            law: law, family: family, scheme: scheme ?? "all", points: chosen.compactMap(Point.init),
            evaluations: chosen.map(\.evaluation))
    }

    /// Dense baselines; for a law that speaks of bits the compressed losses of one scheme as well, and for one that
    /// speaks of training under compression those natively compressed baselines that it has a word for.
    private func lossPlan(_ law: Law, family: String, scheme: String?) -> Plan {
        let chosen = losses.filter {
            $0.model.family == family && $0.model.tokens != nil
                && ($0.spec == nil ? law.speaks(of: $0.form) : $0.form.scheme == scheme)
        }
        let points = chosen.compactMap { Point($0, countsNonZero: law.uses(.sparsity)) }
        let native = chosen.contains { $0.spec == nil && $0.form.scheme != MeasuredLoss.Form.dense }
        return Plan(
            law: law, family: family, scheme: scheme ?? (native ? "all" : MeasuredLoss.Form.dense), points: points,
            evaluations: chosen.map(\.evaluation))
    }
}

extension Law {
    /// Whether a baseline is dense, or trained under what the law has a word for.
    fileprivate func speaks(of baseline: MeasuredLoss.Form) -> Bool {
        if baseline.scheme == MeasuredLoss.Form.dense || hasLevels(of: .scheme) { return true }
        guard baseline.bits != nil || baseline.nativeActivationBits != nil else {
            return baseline.nativeSparsity != nil && uses(.sparsity)
        }
        return baseline.nativeSparsity == nil && uses(.fidelity)
    }
}
