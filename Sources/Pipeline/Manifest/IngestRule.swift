package import Archive
package import Compression
package import JSON
import Records
package import ScalingLaws

/// What a person knows about an archive that its files do not say.
package struct IngestRule: Sendable, Equatable {
    /// The models of one recipe, such as `pythia`.
    package var family: String
    /// The name of the one training run that the archive holds; nil where names tell the runs.
    package var series: String?
    /// How names are read that are of another making.
    package var naming: NamePattern?
    /// D of single steps; it goes before all that names and trainers say.
    package var table: TokenTable
    package var tokensPerStep: TokensPerStep?
    /// The stages of training that count from zero again.
    package var stages: [Int: StageRule]
    package var schedule: LearningRateSchedule?
    /// Steps from this one on were saved with the learning rate annealed; unknown if nil.
    package var annealedFrom: Int?
    /// The compression that the models were trained under; nil for none.
    package var trainedAs: NativeSpec?
    /// Whether plain directories are copied into the store, for archives whose files may change.
    package var copy: Bool

    package init(
        family: String, series: String? = nil, naming: NamePattern? = nil, table: TokenTable = TokenTable(),
        tokensPerStep: TokensPerStep? = nil, stages: [Int: StageRule] = [:], schedule: LearningRateSchedule? = nil,
        annealedFrom: Int? = nil, trainedAs: NativeSpec? = nil, copy: Bool = false
    ) {
        (self.family, self.series, self.naming, self.table) = (family, series, naming, table)
        (self.tokensPerStep, self.stages, self.schedule) = (tokensPerStep, stages, schedule)
        (self.annealedFrom, self.trainedAs, self.copy) = (annealedFrom, trainedAs, copy)
    }

    /// Whether the rule says anything of D.
    package var saysTokens: Bool {
        tokensPerStep != nil || !table.rows.isEmpty || stages.values.contains { $0.tokensPerStep != nil }
    }
}

/// A stage of training whose steps, and the tokens in whose names, count from zero again.
package struct StageRule: Sendable, Equatable {
    /// D where the stage begins.
    package var tokensBefore: Int
    /// Instead of that of the archive.
    package var tokensPerStep: TokensPerStep?
    /// Instead of that of the archive.
    package var schedule: LearningRateSchedule?
    /// Of all its steps.
    package var phase: LearningRatePhase?

    package init(
        tokensBefore: Int, tokensPerStep: TokensPerStep? = nil, schedule: LearningRateSchedule? = nil,
        phase: LearningRatePhase? = nil
    ) {
        (self.tokensBefore, self.tokensPerStep) = (tokensBefore, tokensPerStep)
        (self.schedule, self.phase) = (schedule, phase)
    }
}

extension IngestRule {
    /// The rule as it stands in a manifest, beside the archive's path.
    package func add(to object: inout JSONObject) {
        object["family"] = .string(family)
        object["series"] = series.map { .string($0) }
        object["name"] = naming.map { .string($0.text) }
        object["tokens_per_step"] = tokensPerStep?.json
        object["tokens"] = table.json
        if !stages.isEmpty {
            object["stages"] = .object(
                JSONObject(
                    stages.sorted { $0.key < $1.key }.map { .init(key: "\($0.key)", value: $0.value.json) }))
        }
        object["schedule"] = schedule?.json
        object["annealed_from"] = annealedFrom.map { .integer($0) }
        object["trained_as"] = trainedAs?.json
        if copy { object["copy"] = true }
    }
}

extension StageRule {
    fileprivate var json: JSONValue {
        var object = JSONObject([.init(key: "tokens_before", value: .integer(tokensBefore))])
        object["tokens_per_step"] = tokensPerStep?.json
        object["schedule"] = schedule?.json
        object["phase"] = phase.map { .string($0.rawValue) }
        return .object(object)
    }
}
