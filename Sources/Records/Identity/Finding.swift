package import JSON

/// Something that is wrong or doubtful about a place in an archive.
package struct Finding: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Tensors equal to those of another step, or of another run.
        case sameWeights = "same-weights"
        /// Some matrices equal to those of another step.
        case sharedWeights = "shared-weights"
        /// Farther from the steps before and after it than these are from each other.
        case outOfLine = "out-of-line"
        /// A 16-bit loss that those of the steps before and after it do not lead to.
        case lossOutOfLine = "loss-out-of-line"
        /// Another size or architecture than the others of its run.
        case otherModel = "other-model"
        /// Two statements of D differ by more than rounding.
        case tokensDisagree = "tokens-disagree"
        /// Two statements of the step differ.
        case stepsDisagree = "steps-disagree"
        /// D falls while the step grows.
        case tokensFall = "tokens-fall"
        /// A stage counts from zero again, and nobody said from where.
        case counterRestarts = "counter-restarts"
        /// The trainer's own file cannot be read.
        case unreadTrainerState = "unread-trainer-state"
        /// Nobody said how many tokens the checkpoint has seen.
        case noTokens = "no-tokens"

        /// Whether it makes points of the checkpoint worthless for a law; the others are only said.
        package var isFault: Bool { self != .noTokens }
    }

    package var kind: Kind
    package var message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var isFault: Bool { kind.isFault }

    package var json: JSONValue { ["kind": .string(kind.rawValue), "message": .string(message)] }

    /// Reads a finding back; nil if it is none.
    package init?(_ json: JSONValue) {
        guard let object = json.object, let kind = object["kind"]?.string.flatMap(Kind.init(rawValue:)),
            let message = object["message"]?.string
        else { return nil }
        self.init(kind, message)
    }
}

/// A finding with the place that it is about.
package struct PlacedFinding: Sendable, Hashable {
    package var path: String
    /// The digest of what the place holds; nil where that is no checkpoint.
    package var checkpoint: String?
    package var finding: Finding

    package init(path: String, checkpoint: String?, finding: Finding) {
        (self.path, self.checkpoint, self.finding) = (path, checkpoint, finding)
    }
}
