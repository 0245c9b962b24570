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
    /// Inputs that no stage could use.
    package var failures: [Failure]

    package init(
        title: String, run: RunFacts, measurements: [MeasuredCell], laws: [FittedScheme], rankings: [LawRanking] = [],
        failures: [Failure] = []
    ) {
        self.title = title
        self.run = run
        self.measurements = measurements
        self.laws = laws
        self.rankings = rankings
        self.failures = failures
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
    /// The standard error of QiD at which cells stopped by themselves; nil where none was asked for.
    package var qidStderrTarget: Double?

    package init(
        lockDigest: String, date: String?, programVersion: String, shard: String, contextTokens: Int, windows: Int,
        qidStderrTarget: Double? = nil
    ) {
        self.lockDigest = lockDigest
        self.date = date
        self.programVersion = programVersion
        self.shard = shard
        self.contextTokens = contextTokens
        self.windows = windows
        self.qidStderrTarget = qidStderrTarget
    }
}

/// One compressed checkpoint and what the compression did to it; losses in nats per scored token.
package struct MeasuredCell: Sendable, Equatable {
    /// Names the checkpoint and what it was scored on: cells of one place differ in nothing but their spec.
    package var place: String
    package var family: String
    /// N, non-embedding parameters.
    package var params: Double
    /// D, training tokens seen.
    package var tokens: Double
    package var step: Int?
    /// `rtn`, with which the names of scheme and spec begin.
    package var method: String
    package var scheme: String
    package var spec: String
    /// P, nominal bits per weight.
    package var bits: Double
    package var bitsPerWeight: Double
    package var loss16: Double
    package var loss: Double
    package var qid: Double
    package var qidStderr: Double?
    package var kl: Double
    package var agreement: Double
    /// Windows scored, of how many that there would have been; nil where their number was asked for.
    package var extent: Extent?

    /// The windows of a cell that stopped by itself.
    package struct Extent: Sendable, Equatable {
        package var windows: Int
        package var availableWindows: Int

        package init(windows: Int, availableWindows: Int) {
            self.windows = windows
            self.availableWindows = availableWindows
        }
    }

    package init(
        place: String, family: String, params: Double, tokens: Double, step: Int?, method: String, scheme: String,
        spec: String, bits: Double, bitsPerWeight: Double, loss16: Double, loss: Double, qid: Double,
        qidStderr: Double?, kl: Double, agreement: Double, extent: Extent? = nil
    ) {
        self.place = place
        self.method = method
        self.family = family
        self.params = params
        self.tokens = tokens
        self.step = step
        self.scheme = scheme
        self.spec = spec
        self.bits = bits
        self.bitsPerWeight = bitsPerWeight
        self.loss16 = loss16
        self.loss = loss
        self.qid = qid
        self.qidStderr = qidStderr
        self.kl = kl
        self.agreement = agreement
        self.extent = extent
    }
}

/// A law fitted to the points of one scheme, and what it foretells.
package struct FittedScheme: Sendable, Equatable {
    /// The scheme whose points were fitted.
    package var scheme: String
    package var fit: Fit
    package var predictions: [Prediction]
    /// The tokens at which QiD reaches a threshold, by size and bit width, where this is the law to ask.
    package var trainingLevels: [TrainingLevel]

    package init(
        scheme: String, fit: Fit, predictions: [Prediction], trainingLevels: [TrainingLevel] = []
    ) {
        self.scheme = scheme
        self.fit = fit
        self.predictions = predictions
        self.trainingLevels = trainingLevels
    }

    /// The family that all fitted points are of; nil where they are of several or say nothing.
    var family: String? {
        let families = Set(fit.residuals.map(\.point.family))
        return families.count == 1 ? families.first.flatMap(\.self) : nil
    }

    /// What tells this fit from the others of its law: the scheme, before it the family where the others have another.
    func name(among laws: [FittedScheme]) -> String {
        guard let family, Set(laws.map(\.family)).count > 1 else { return scheme }
        return "\(family) \(scheme)"
    }
}

/// Laws of one quantity ranked on the same points of one scheme, the best first.
package struct LawRanking: Sendable, Equatable {
    package var family: String
    package var scheme: String
    package var laws: [RankedLaw]

    package init(family: String, scheme: String, laws: [RankedLaw]) {
        self.family = family
        self.scheme = scheme
        self.laws = laws
    }
}

/// An input that a stage could not use.
package struct Failure: Sendable, Equatable {
    package var stage: String
    package var subject: String
    package var reason: String

    package init(stage: String, subject: String, reason: String) {
        self.stage = stage
        self.subject = subject
        self.reason = reason
    }
}
