/// What the name of a file, a folder or a revision says of the checkpoint in it.
///
/// A quantity is a keyword, at most one of `-`, `_`, `=`, and a number that nothing alphanumeric follows: digits, perhaps
/// with commas between thousands, perhaps with a fraction, perhaps with a unit (`k`, `M`, `B`, `T`): `step64`,
/// `step-1.2M`, `iter_0000064`, `global_step64`, `checkpoint-1,000`. Case does not matter.
///
/// | part | keywords | examples |
/// |---|---|---|
/// | step | `step`, `steps`, `checkpoint`, `ckpt`, `iter`, `iteration` | `step1000`, `ckpt_100`, `step_1.5k` |
/// | tokens | `token`, `tokens`, before or after the number; `train` with a unit | `tokens294B`, `token-1007B`, `100BT`, `train_00220B` |
/// | stage | `stage`, `phase` | `stage2-step1000` |
/// | ingredient | `ingredient` | `stage2-ingredient1-step1000-tokens9B` (OLMo 2) |
/// | seed | `seed`, a number or words | `seed3`, `step1250-seed-small-aux-2` (DataDecide) |
///
/// A number of billions or trillions without a keyword is the tokens where it is the whole name, `15T`, or follows
/// the step, `step-50K-105b`. Where a part occurs twice, the last one counts.
///
/// Words of it may say where the learning rate stood (``NamedPhase``); names of another making have a ``NamePattern``.
package struct CheckpointName: Sendable, Equatable {
    /// The training step.
    package private(set) var step: Int?
    /// How far the step may be from what the name says: one of its last digit, `50K`; 0 without a unit.
    package private(set) var stepTolerance = 0
    /// D, training tokens seen.
    package private(set) var tokens: NamedCount?
    package private(set) var stage: Int?
    package private(set) var ingredient: Int?
    package private(set) var seed: String?
    package private(set) var phase: NamedPhase?
    /// A quantity whose number cannot be read, as it stands in the name: `step1.2345k` is no whole number of steps.
    package private(set) var unreadable: String?
    /// What is left of the name without step and tokens: checkpoints of one run have it in common.
    package private(set) var rest: String

    /// - Parameter name: without what says that it is an archive, such as `.tar`.
    package init(_ name: String) {
        var reader = NameReader(name)
        while let part = reader.next() {
            switch part.kind {
            case .step:
                step = part.count?.value ?? step
                stepTolerance = part.count?.tolerance ?? stepTolerance
            case .tokens: tokens = part.count ?? tokens
            case .stage: stage = part.count?.value ?? stage
            case .ingredient: ingredient = part.count?.value ?? ingredient
            case .seed: seed = part.text
            }
            if part.kind != .seed, part.count == nil { unreadable = part.text }
        }
        if tokens == nil, let bare = reader.bareTokens(after: step != nil) { tokens = bare }
        rest = reader.rest
        if step == nil, unreadable == nil, reader.isDigitsOnly {
            step = Int(name)
            rest = ""
        }
        // A stage that is trained on several mixtures is the one in which the learning rate comes to its end (OLMo 2).
        phase = NamedPhase(name) ?? (ingredient == nil ? nil : .decay)
    }

    /// What a pattern's fields caught.
    init(_ caught: [(field: NamePattern.Field, text: String)], rest: String, of name: String) {
        self.rest = rest
        for (field, text) in caught {
            let count = NameNumber(text)?.count
            switch field {
            case .step: (step, stepTolerance) = (count?.value, count?.tolerance ?? 0)
            case .tokens: tokens = count
            case .stage: stage = count?.value
            case .ingredient: ingredient = count?.value
            case .seed: seed = text
            }
        }
        phase = NamedPhase(name)
    }
}

/// A count as a name gives it: `294B` stands for anything from 293 to 295 billion, since some round and some round up.
package struct NamedCount: Sendable, Equatable {
    package let value: Int
    /// How far the count may be from `value`: one of the name's last digit; 0 where the name has no unit.
    package let tolerance: Int

    package init(value: Int, tolerance: Int) {
        self.value = value
        self.tolerance = tolerance
    }

    /// Whether another statement of the same count says the same but for rounding.
    package func agrees(with count: Int) -> Bool {
        let (difference, overflow) = value.subtractingReportingOverflow(count)
        return !overflow && difference.magnitude <= tolerance.magnitude
    }
}
