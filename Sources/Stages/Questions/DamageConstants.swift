import FoundationEssentials
import Pipeline
import Records
import ScalingLaws
import Warehouse

/// By which constants damage is foretold from distortion.
struct DamageConstants {
    let kl: ForetoldDamage.Constants
    let qid: ForetoldDamage.Constants
    /// Where they are from, in words.
    let source: String

    /// What a probe alone says: KL in proportion to distortion, QiD to that of the probe.
    ///
    /// As far off as they were in 18 cells of SmolLM2-135M and 536 of `Manifests/foretell.yaml`: KL by a factor of 1.11 in both, QiD by
    /// 1.31 and 1.34. Of KL 96 % of the latter lie within these intervals, of QiD 93 %.
    static let ofProbe = DamageConstants(
        kl: .init(factor: 1, exponent: 1, scatter: 0.12), qid: .init(factor: 1, exponent: 1, scatter: 0.27),
        source: "the probe alone, its interval by how far off such predictions were on SmolLM2-135M and small models")

    /// Those that a workspace's measurements give; the probe's alone where it holds none to tell.
    static func measured(in workspace: Workspace) throws(StageError) -> DamageConstants {
        guard try exists(workspace.warehouse) else { return ofProbe }
        let reader = try attempt { () throws(WarehouseError) in try WarehouseReader(reading: workspace.warehouse) }
        let points = try FitPoints(reader, evaluations: nil)
        guard let kl = try constants(of: Laws.klDistortion, points) else { return ofProbe }
        return DamageConstants(
            kl: kl.constants, qid: try constants(of: Laws.qidDistortion, points)?.constants ?? kl.constants,
            source: "\(kl.points) measurements of the workspace")
    }

    /// Those of one family's measurements.
    init(of family: String, _ points: FitPoints) throws(StageError) {
        guard let kl = try Self.constants(of: Laws.klDistortion, points, family: family) else {
            self = .ofProbe
            return
        }
        let qid = try Self.constants(of: Laws.qidDistortion, points, family: family)
        self.init(
            kl: kl.constants, qid: qid?.constants ?? kl.constants, source: "\(kl.points) measurements of \(family)")
    }

    private init(kl: ForetoldDamage.Constants, qid: ForetoldDamage.Constants, source: String) {
        (self.kl, self.qid, self.source) = (kl, qid, source)
    }

    /// Of one family, or that with the most points.
    private static func constants(
        of law: Law, _ points: FitPoints, family: String? = nil
    ) throws(StageError) -> (constants: ForetoldDamage.Constants, points: Int)? {
        let plans = try points.plans([law.name]).filter { family == nil || $0.family == family }
        guard let plan = plans.max(by: { $0.points.count < $1.points.count }) else { return nil }
        let options = FitOptions(phases: .all, bootstrapDraws: 0, holdsOut: false, profiles: false)
        guard let fit = try? ScalingLaws.fit(plan.points, law, options) else { return nil }
        return ForetoldDamage.Constants(fit).map { ($0, fit.n) }
    }
}
