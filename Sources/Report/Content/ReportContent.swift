package import Evaluation
package import Records
package import ScalingLaws

/// Everything a report says, before it is put into words, tables and charts.
///
/// The three renderings (`html`, `markdown`, `json`) of equal contents are equal byte for byte.
package struct ReportContent: Sendable, Equatable {
    package var title: String
    package var run: RunFacts
    package var measurements: [MeasuredCell]
    /// Laws fitted to the measurements, each with what was asked of it.
    package var laws: [FittedScheme]
    /// The laws of each scheme ranked on the same points, where there are several.
    package var rankings: [LawRanking]
    /// Which count of size the laws should have, by scheme.
    package var sizeFindings: [SizeFinding] = []
    /// What the decay of the learning rate changes, by scheme.
    package var phaseFindings: [PhaseFinding] = []
    /// What compression did to each layer, of one checkpoint of each family.
    package var layerErrors: [LayerErrors] = []
    /// Inputs that no stage could use.
    package var failures: [Failure]
    /// What is wrong or doubtful about the places that the measurements come from.
    package var findings: [PlacedFinding] = []
    /// Whether the fits use checkpoints that a finding doubts.
    package var keepsDoubtful = false

    package init(
        title: String, run: RunFacts, measurements: [MeasuredCell], laws: [FittedScheme], rankings: [LawRanking] = [],
        failures: [Failure] = []
    ) {
        (self.title, self.run, self.measurements, self.laws) = (title, run, measurements, laws)
        (self.rankings, self.failures) = (rankings, failures)
    }
}

extension ReportContent {
    /// The schemes, the one with the most cells first: what a headline and a picture are about; the others by name.
    var schemes: [String] {
        var counts: [String: Int] = [:]
        for cell in measurements { counts[cell.scheme, default: 0] += 1 }
        let names = counts.keys.sorted()
        guard let most = counts.values.max(), let first = names.first(where: { counts[$0] == most }) else { return [] }
        return [first] + names.filter { $0 != first }
    }
}

/// What identifies a run, the same on every machine that repeats it.
package struct RunFacts: Sendable, Equatable {
    /// Empty where the report is of no run.
    package var lockDigest: String
    /// The day or moment of the run, as the reader shall see it; nil leaves it out.
    package var date: String?
    package var programVersion: String
    /// What was scored: `heldout.jsonl.zst`.
    package var shard: String
    package var contextTokens: Int
    /// Windows scored for each cell, the largest number where cells differ; 0 leaves them out.
    package var windows: Int
    /// How well cells are known that stopped by themselves; nil where nothing was asked for.
    package var target: PrecisionTarget?

    package init(lockDigest: String, programVersion: String, shard: String, contextTokens: Int, windows: Int) {
        (self.lockDigest, self.programVersion, self.shard) = (lockDigest, programVersion, shard)
        (self.contextTokens, self.windows) = (contextTokens, windows)
    }
}

/// Which count of size a law should have for the points of one scheme.
package struct SizeFinding: Sendable, Equatable {
    package var family: String
    package var scheme: String
    package var choice: SizeChoice

    package init(family: String, scheme: String, choice: SizeChoice) {
        (self.family, self.scheme, self.choice) = (family, scheme, choice)
    }
}

/// How annealed checkpoints compare with those at a constant rate, for the points of one scheme.
package struct PhaseFinding: Sendable, Equatable {
    package var family: String
    package var scheme: String
    package var comparison: PhaseComparison

    package init(family: String, scheme: String, comparison: PhaseComparison) {
        (self.family, self.scheme, self.comparison) = (family, scheme, comparison)
    }
}
