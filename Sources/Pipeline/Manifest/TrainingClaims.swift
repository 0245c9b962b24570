package import Archive
package import Records
import ScalingLaws

/// What names, a trainer, a table and a person's rule say of one checkpoint, and whether they agree.
package struct TrainingClaims: Sendable, Equatable {
    package let facts: TrainingFacts
    /// Where they do not agree.
    package let findings: [Finding]

    /// `series` is what the run is called, where the rule has no name for it.
    package init(_ place: TrainingPlace, series: String, trainer: TrainerState?, rule: IngestRule) {
        let stage = place.stage.flatMap { rule.stages[$0] }
        let step = place.step ?? (place.unreadable == nil ? trainer?.step : nil)
        let run = TrainingRun(
            series: rule.series ?? series, seed: place.seed, stage: place.stage, ingredient: place.ingredient)
        let claims = Self.claims(place, step, trainer, rule, stage, series: run.series ?? "")
        let (phase, rate) = Self.learning(place, step, trainer, rule, stage)
        facts = TrainingFacts(
            family: rule.family, run: run, step: step, tokens: claims.first?.tokens,
            tokensSource: claims.first?.source, phase: phase, learningRate: rate, trainedAs: rule.trainedAs)
        var findings: [Finding] = []
        if let named = place.step, let trained = trainer?.step,
            !NamedCount(value: named, tolerance: place.stepTolerance).agrees(with: trained)
        {
            findings.append(
                Finding(
                    .stepsDisagree,
                    "its name says step \(named), but global_step of \(TrainerState.fileName) is \(trained)"
                ))
        }
        if let first = claims.first {
            findings += claims.dropFirst().filter { !first.agrees(with: $0) }.map { other in
                Finding(.tokensDisagree, "\(first.text), but \(other.text)")
            }
        }
        self.findings = findings
    }

    /// One statement of D.
    private struct Claim {
        let source: TokensSource
        let tokens: Int
        /// How far it may be off.
        let tolerance: Int

        func agrees(with other: Claim) -> Bool {
            let (difference, overflow) = tokens.subtractingReportingOverflow(other.tokens)
            let (slack, wide) = tolerance.addingReportingOverflow(other.tolerance)
            return !overflow && (wide || difference.magnitude <= slack.magnitude)
        }

        var text: String {
            switch source {
            case .table: "the manifest's table says \(tokens) tokens"
            case .trainerState: "\(TrainerState.fileName) says \(tokens) tokens"
            case .name: "its name says \(tokens) tokens"
            case .tokensPerStep: "step × tokens_per_step is \(tokens) tokens"
            }
        }
    }

    /// All statements of D, the most trusted first; those of a stage that counts from zero again are added to what was
    /// before.
    private static func claims(
        _ place: TrainingPlace, _ step: Int?, _ trainer: TrainerState?, _ rule: IngestRule, _ stage: StageRule?,
        series: String
    ) -> [Claim] {
        var claims: [Claim] = []
        func claim(_ source: TokensSource, _ tokens: Int?, tolerance: Int = 0, isOfStage: Bool = true) {
            guard let tokens else { return }
            let (sum, overflow) = tokens.addingReportingOverflow(isOfStage ? stage?.tokensBefore ?? 0 : 0)
            if !overflow { claims.append(Claim(source: source, tokens: sum, tolerance: tolerance)) }
        }
        if let step {
            claim(.table, rule.table.tokens(step: step, of: place, series: series), isOfStage: false)
        }
        // A trainer counts what it was fed: the last batch of an epoch may be short.
        claim(.trainerState, trainer?.tokens, tolerance: (trainer?.tokens ?? 0) / 100)
        claim(.name, place.tokens?.value, tolerance: place.tokens?.tolerance ?? 0)
        if let step, let perStep = stage?.tokensPerStep ?? rule.tokensPerStep {
            let (slack, overflow) = place.stepTolerance.multipliedReportingOverflow(by: perStep.largest)
            claim(.tokensPerStep, perStep.tokens(at: step), tolerance: overflow ? .max : slack)
        }
        return claims
    }

    /// The phase and the learning rate: what a person says of the stage, of the schedule, what names say, what the trainer
    /// logged.
    private static func learning(
        _ place: TrainingPlace, _ step: Int?, _ trainer: TrainerState?, _ rule: IngestRule, _ stage: StageRule?
    ) -> (LearningRatePhase, Double?) {
        let schedule = stage == nil ? rule.schedule : stage?.schedule
        let rate = trainer?.learningRate ?? step.flatMap { step in schedule?.rate(at: step) }
        if let phase = stage?.phase { return (phase, rate) }
        if let step, let schedule { return (schedule.phase(at: step), rate) }
        let from = stage == nil ? rule.annealedFrom : nil
        if let from, let step, step >= from { return (.annealed, rate) }
        if let told = place.phase ?? trainer?.phase, let phase = LearningRatePhase(rawValue: told.rawValue) {
            return (phase, rate)
        }
        return (from != nil && step != nil ? .unannealed : .unknown, rate)
    }
}
