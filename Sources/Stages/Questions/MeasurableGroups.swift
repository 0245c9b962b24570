import RealModule
import ScalingLaws

/// What there may be more of.
enum MeasurementKind: String, CaseIterable {
    /// Further bit widths of the checkpoints that are measured.
    case bits = "bit widths"
    /// Further checkpoints of the runs that are measured, between the first and the last.
    case checkpoints
    /// Runs of sizes measured already, from other seeds.
    case seeds
    /// Runs of other sizes, one of each.
    case sizes
}

/// Cells that come together: those of a new checkpoint, or of a new run.
struct MeasurementGroup {
    let cells: [Candidate]
    /// The size that they are of.
    var params: Double { cells[0].conditions.params }
}

/// The cells of one scheme that there could be more of, by kind.
struct MeasurableGroups {
    private let plan: FitPoints.Plan
    private let candidates: PlanCandidates
    private let family: [HeldCheckpoint]
    private let unit: Double
    private let sizes: [Double]
    private let tokens: [Double]
    private let bits: [Double?]
    private let largestWanted: Double

    /// So many new runs of one size, and so many checkpoints or sizes, are weighed at most.
    private static let (mostSeeds, mostOthers) = (16, 64)

    init(_ plan: FitPoints.Plan, _ candidates: PlanCandidates, wanted: [Conditions], unit: Double) {
        (self.plan, self.candidates, self.unit) = (plan, candidates, unit)
        family = candidates.held.filter { $0.family == plan.family }
        let measured = plan.points.map(\.conditions)
        sizes = Set(measured.map(\.params)).sorted()
        tokens = Set(measured.map(\.tokens)).sorted()
        let widths = Set(measured.map(\.bits))
        bits = plan.law.uses(.bits) ? widths.sorted { ($0 ?? 16) < ($1 ?? 16) } : [widths.compactMap(\.self).max()]
        largestWanted = wanted.map(\.params).max() ?? 0
    }

    func groups(_ kind: MeasurementKind) -> [MeasurementGroup] {
        switch kind {
        case .bits: furtherBits
        case .checkpoints: furtherCheckpoints
        case .seeds:
            sizes.flatMap { size in (0..<Self.mostSeeds).map { (size, $0) } }.enumerated()
                .compactMap { number, one in group(one.0, tokens, bits, newRun: number) }
        case .sizes: furtherSizes.enumerated().compactMap { number, size in group(size, tokens, bits, newRun: number) }
        }
    }

    private var furtherBits: [MeasurementGroup] {
        guard plan.law.uses(.bits), !plan.law.hasLevels(of: .bits) else { return [] }
        let others = FitPoints.Plan.usualBits.filter { !bits.contains($0) }
        return checkpoints.flatMap { place in
            others.compactMap { group(place.params, [place.tokens], [$0], newRun: nil) }
        }
    }

    /// The sizes and tokens of measured checkpoints.
    private var checkpoints: [(params: Double, tokens: Double)] {
        sizes.flatMap { size in
            Set(plan.points.filter { $0.conditions.params == size }.map(\.conditions.tokens)).sorted().map {
                (size, $0)
            }
        }
    }

    /// Halfway between neighbours in the logarithm, and between those, until there are enough.
    private var furtherCheckpoints: [MeasurementGroup] {
        var grids = sizes.map { size in checkpoints.filter { $0.params == size }.map(\.tokens) }
        var groups: [MeasurementGroup] = []
        while groups.count < Self.mostOthers, grids.contains(where: { $0.count > 1 }) {
            for (place, size) in sizes.enumerated() {
                let between = Self.between(grids[place])
                groups += between.compactMap { group(size, [$0], bits, newRun: nil) }
                grids[place] = (grids[place] + between).sorted()
            }
        }
        return Array(groups.prefix(Self.mostOthers))
    }

    /// Twice the largest size and so on as far as the predictions, and two halvings of the steps between sizes.
    private var furtherSizes: [Double] {
        var grid = sizes
        while let last = grid.last, last < largestWanted, grid.count < Self.mostOthers / 4 {
            grid.append(min(2 * last, largestWanted))
        }
        for _ in 0..<2 { grid = (grid + Self.between(grid)).sorted() }
        return grid.filter { !sizes.contains($0) }
    }

    private static func between(_ values: [Double]) -> [Double] {
        zip(values, values.dropFirst()).map { ($0 * $1).squareRoot() }
    }

    private func group(_ size: Double, _ tokens: [Double], _ bits: [Double?], newRun: Int?) -> MeasurementGroup? {
        guard let cost = candidates.cost(of: size, family) else { return nil }
        let cells = tokens.flatMap { tokens in
            bits.map { bits in
                Candidate(
                    plan.place(params: size, tokens: tokens, bits: bits), cost: cost / unit, newRun: newRun)
            }
        }
        return cells.isEmpty ? nil : MeasurementGroup(cells: cells)
    }
}
