import Archive
import FoundationEssentials
import JSON
import Pipeline
import RealModule
import Records
import ScalingLaws

/// A checkpoint that an archive of the manifest holds, as far as it is known.
struct HeldCheckpoint: Sendable, Equatable {
    let family: String
    let params: Double
    let tokens: Double
    let width: Int
    let vocabulary: Int

    /// What a token costs: 2·(N + d·V) floating-point operations.
    var operationsPerToken: Double { 2 * (params + Double(width) * Double(vocabulary)) }
}

/// What could be measured for a manifest: cells of checkpoints that its archives hold, and of the grid they span.
struct PlanCandidates {
    /// The checkpoints whose size and tokens are known.
    let held: [HeldCheckpoint]
    /// Sizes and tokens that a prediction names may be measured too.
    let goesBeyond: Bool

    /// Also the checkpoints of steps that the manifest leaves out: their size is that of the others of their series.
    init(_ lock: Lock, in workspace: Workspace, goesBeyond: Bool) throws(StageError) {
        var found = lock.checkpoints.compactMap { HeldCheckpoint($0.record, $0.facts) }
        let records = Dictionary(lock.checkpoints.map { ($0.path, $0.record) }, uniquingKeysWith: { first, _ in first })
        for archive in lock.archives where archive.steps != nil {
            let request = IngestRequest(archive: archive.path, rule: archive.rule, steps: nil)
            let items = try ArchiveSearch([request], in: workspace).items
            var ofSeries: [String: CheckpointRecord] = [:]
            for item in items { ofSeries[item.series] = records[item.path] ?? ofSeries[item.series] }
            found += items.compactMap { item in
                ofSeries[item.series].flatMap { HeldCheckpoint($0, item.facts) }
            }
        }
        var held: [HeldCheckpoint] = []
        for checkpoint in found where !held.contains(checkpoint) { held.append(checkpoint) }
        self.held = held
        self.goesBeyond = goesBeyond
    }

    /// The cells of one scheme that are not measured yet, each with its cost in units of `unit`, and whether an archive
    /// holds the checkpoint.
    func cells(
        of plan: FitPoints.Plan, bits: [Double], wanted: [Conditions], unit: Double
    ) -> [(candidate: Candidate, isHeld: Bool)] {
        let family = held.filter { $0.family == plan.family }
        let measured = Set(plan.points.map { $0.conditions.unnamed })
        let sizes = Set(family.map(\.params) + (goesBeyond ? wanted.map(\.params) : [])).sorted()
        let tokens = Set(family.map(\.tokens) + (goesBeyond ? wanted.map(\.tokens) : [])).sorted()
        var cells: [(candidate: Candidate, isHeld: Bool)] = []
        for size in sizes {
            guard let cost = cost(of: size, family) else { continue }
            for tokens in tokens {
                let isHeld = family.contains { $0.params == size && $0.tokens == tokens }
                for bits in bits {
                    let place = plan.place(params: size, tokens: tokens, bits: bits)
                    guard !measured.contains(place.unnamed) else { continue }
                    cells.append((Candidate(place, cost: cost / unit), isHeld))
                }
            }
        }
        return cells
    }

    /// What the average measured cell costs a token.
    func unit(_ fits: [FitPoints.Plan]) -> Double {
        let costs = fits.flatMap { plan in
            plan.points.compactMap { point in
                held.first { $0.family == plan.family && $0.params == point.conditions.params }?.operationsPerToken
            }
        }
        return costs.isEmpty ? 1 : costs.reduce(0, +) / Double(costs.count)
    }

    /// Operations a token at a size: of a checkpoint of that size, else with the width of the nearest, scaled as N^⅓.
    func cost(of params: Double, _ family: [HeldCheckpoint]) -> Double? {
        let distance = { (one: HeldCheckpoint) in abs(Double.log(one.params / params)) }
        guard let nearest = family.min(by: { distance($0) < distance($1) }) else { return nil }
        let head = nearest.operationsPerToken - 2 * nearest.params
        return 2 * params + head * Double.exp(Double.log(params / nearest.params) / 3)
    }
}

extension Conditions {
    /// Without the scheme: a law of loss has uncompressed cells, which have another, among those of one scheme.
    fileprivate var unnamed: Conditions {
        var place = self
        (place.scheme, place.columns, place.labels) = (nil, [:], [:])
        return place
    }
}

extension HeldCheckpoint {
    /// Nil where D is not known or nothing was trained.
    fileprivate init?(_ record: CheckpointRecord, _ facts: TrainingFacts) {
        guard let tokens = facts.tokens, tokens > 0, record.size.nonEmbeddingParameters > 0 else { return nil }
        self.init(
            family: facts.family, params: Double(record.size.nonEmbeddingParameters), tokens: Double(tokens),
            width: record.size.width, vocabulary: record.size.vocabulary)
    }
}
