package import Archive
package import Compression
package import JSON
package import Records
package import ScalingLaws

/// What a person knows about an archive that its files do not say.
package struct IngestRule: Sendable, Equatable {
    /// The training run's series, such as `pythia`.
    package let family: String
    /// How the training tokens D of a step are found.
    package let tokens: TokenRule
    /// Steps from this one on were saved with the learning rate annealed; unknown if nil.
    package let annealedFrom: Int?
    /// The compression that the models were trained under; nil for none.
    package let trainedAs: NativeSpec?

    package init(family: String, tokens: TokenRule, annealedFrom: Int? = nil, trainedAs: NativeSpec? = nil) {
        self.family = family
        self.tokens = tokens
        self.annealedFrom = annealedFrom
        self.trainedAs = trainedAs
    }

    package var json: JSONValue {
        var object = JSONObject([
            .init(key: "family", value: .string(family)), .init(key: "tokens", value: tokens.json),
            .init(key: "annealed_from", value: .integer(orNull: annealedFrom)),
        ])
        object["trained_as"] = trainedAs?.json
        return .object(object)
    }

    /// Where in its learning-rate schedule a checkpoint of this step was saved.
    package func phase(step: Int?) -> LearningRatePhase {
        guard let annealedFrom, let step else { return .unknown }
        return step >= annealedFrom ? .annealed : .unannealed
    }
}

/// How the training tokens of a step are found.
package enum TokenRule: Sendable, Equatable {
    /// Nobody said; the checkpoints can be measured but not fitted.
    case unknown
    case perStep(Int)
    case byStep([Int: Int])

    /// D of a step; nil where the rule says nothing of it.
    package func tokens(step: Int) -> Int? {
        switch self {
        case .unknown: return nil
        case .perStep(let tokens):
            let (product, overflow) = step.multipliedReportingOverflow(by: tokens)
            return overflow ? nil : product
        case .byStep(let table): return table[step]
        }
    }

    package var json: JSONValue {
        switch self {
        case .unknown: .null
        case .perStep(let tokens): ["per_step": .integer(tokens)]
        case .byStep(let table):
            [
                "by_step": .object(
                    JSONObject(
                        table.sorted { $0.key < $1.key }.map { .init(key: "\($0.key)", value: .integer($0.value)) }))
            ]
        }
    }
}

extension TrainingFacts {
    /// The facts that a rule and a place in an archive give.
    package init(_ place: TrainingPlace, rule: IngestRule) {
        let tokens = place.step.flatMap { rule.tokens.tokens(step: $0) }
        let run = TrainingRun(
            series: place.series, seed: place.seed, stage: place.stage, ingredient: place.ingredient)
        self.init(
            family: rule.family, run: run, step: place.step, tokens: tokens, phase: rule.phase(step: place.step),
            trainedAs: rule.trainedAs)
    }
}
