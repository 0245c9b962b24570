package import Compression
package import JSON
package import ScalingLaws

/// What a person, a name and a trainer say of a checkpoint's place in its training.
package struct TrainingFacts: Sendable, Equatable {
    package var family: String
    package var run: TrainingRun
    package var step: Int?
    /// D, training tokens seen; nil where nobody said.
    package var tokens: Int?
    /// Who said D.
    package var tokensSource: TokensSource?
    package var phase: LearningRatePhase
    /// At the step; nil where nobody said.
    package var learningRate: Double?
    /// The compression that the model was trained under; nil for none.
    package var trainedAs: NativeSpec?

    package init(
        family: String, run: TrainingRun = TrainingRun(), step: Int?, tokens: Int?, tokensSource: TokensSource? = nil,
        phase: LearningRatePhase, learningRate: Double? = nil, trainedAs: NativeSpec? = nil
    ) {
        (self.family, self.run, self.step, self.tokens) = (family, run, step, tokens)
        (self.tokensSource, self.phase, self.learningRate) = (tokensSource, phase, learningRate)
        self.trainedAs = trainedAs
    }

    /// Reads the facts out of an object's members; nil if they are not there.
    package init?(members object: JSONObject) {
        guard let family = object["family"]?.string,
            let phase = object["phase"]?.string.flatMap(LearningRatePhase.init(rawValue:))
        else { return nil }
        var trainedAs: NativeSpec?
        if let native = object["trained_as"] {
            trainedAs = native.object.flatMap { try? NativeSpec(json: $0) }
            guard trainedAs != nil else { return nil }
        }
        self.init(
            family: family, run: TrainingRun(members: object), step: object["step"]?.int,
            tokens: object["tokens"]?.int,
            tokensSource: object["tokens_source"]?.string.flatMap(TokensSource.init(rawValue:)), phase: phase,
            learningRate: object["learning_rate"]?.double, trainedAs: trainedAs)
    }

    /// Puts the facts into an object.
    package func add(to object: inout JSONObject) {
        object["family"] = .string(family)
        run.add(to: &object)
        object["step"] = .integer(orNull: step)
        object["tokens"] = .integer(orNull: tokens)
        object["tokens_source"] = tokensSource.map { .string($0.rawValue) }
        object["phase"] = .string(phase.rawValue)
        object["learning_rate"] = learningRate.map { .number($0) }
        object["trained_as"] = trainedAs?.json
    }
}
