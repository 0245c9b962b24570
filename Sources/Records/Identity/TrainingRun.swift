import JSON

/// Which training run a checkpoint is of: checkpoints of one run share its history.
package struct TrainingRun: Sendable, Hashable {
    /// The run's name: its folder or repository, with what names say of seed, stage and ingredient.
    package var series: String?
    /// As names have it: `3`, `small-aux-2`.
    package var seed: String?
    package var stage: Int?
    /// The mixture that the stage was trained on, where there are several.
    package var ingredient: Int?

    package init(series: String? = nil, seed: String? = nil, stage: Int? = nil, ingredient: Int? = nil) {
        (self.series, self.seed, self.stage, self.ingredient) = (series, seed, stage, ingredient)
    }

    /// Reads what an object says of the run; records of older versions say nothing.
    init(members object: JSONObject) {
        self.init(
            series: object["series"]?.string, seed: object["seed"]?.string, stage: object["stage"]?.int,
            ingredient: object["ingredient"]?.int)
    }

    /// Puts what is known into an object.
    func add(to object: inout JSONObject) {
        object["series"] = series.map { .string($0) }
        object["seed"] = seed.map { .string($0) }
        object["stage"] = stage.map { .integer($0) }
        object["ingredient"] = ingredient.map { .integer($0) }
    }
}

/// Who said how many tokens a checkpoint has seen, the most trusted first.
package enum TokensSource: String, Sendable, Hashable, CaseIterable {
    /// The manifest's table.
    case table
    /// What the trainer saved beside the weights.
    case trainerState = "trainer-state"
    /// The name of a folder, a file or a revision.
    case name
    /// The step, times the manifest's tokens a step.
    case tokensPerStep = "tokens-per-step"
}
