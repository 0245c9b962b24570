package import Compression
package import JSON
package import ScalingLaws

/// What a person and a name say of a checkpoint's place in its training run.
package struct TrainingFacts: Sendable, Equatable {
    package var family: String
    package var step: Int?
    /// D, training tokens seen; nil where nobody said.
    package var tokens: Int?
    package var phase: LearningRatePhase
    /// The compression that the model was trained under; nil for none.
    package var trainedAs: NativeSpec?

    package init(family: String, step: Int?, tokens: Int?, phase: LearningRatePhase, trainedAs: NativeSpec? = nil) {
        (self.family, self.step, self.tokens, self.phase, self.trainedAs) = (family, step, tokens, phase, trainedAs)
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
            family: family, step: object["step"]?.int, tokens: object["tokens"]?.int, phase: phase,
            trainedAs: trainedAs)
    }

    /// Puts the facts into an object.
    package func add(to object: inout JSONObject) {
        object["family"] = .string(family)
        object["step"] = .integer(orNull: step)
        object["tokens"] = .integer(orNull: tokens)
        object["phase"] = .string(phase.rawValue)
        object["trained_as"] = trainedAs?.json
    }
}
