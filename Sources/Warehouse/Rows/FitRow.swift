/// A law fitted to one set of points, with all that belongs to it.
package struct FitRow: Sendable, Equatable {
    /// Key of points, law, objective and stage version.
    package var key: String
    package var law: String
    /// The scheme whose points were fitted, or `all`.
    package var scheme: String
    /// The family whose points were fitted, or `all`.
    package var family: String
    package var objective: String
    package var objectiveValue: Double
    /// Points fitted.
    package var n: Int
    /// Points that the objective cannot use.
    package var leftOut: Int
    package var r2: Double?
    package var starts: Int
    package var startsAtBest: Int
    /// The whole result as JSON.
    package var detail: String
    package var stageVersion: Int
    package var programVersion: String
    package var parameters: [Parameter]
    package var predictions: [Prediction]
    package var warnings: [Warning]

    /// A parameter by its letter, with its 95 % interval.
    package struct Parameter: Sendable, Equatable {
        package var name: String
        package var value: Double
        package var low: Double?
        package var high: Double?
        package var atBound: Bool

        package init(name: String, value: Double, low: Double?, high: Double?, atBound: Bool) {
            self.name = name
            self.value = value
            self.low = low
            self.high = high
            self.atBound = atBound
        }
    }

    /// A quantity foretold, with its 95 % interval.
    package struct Prediction: Sendable, Equatable {
        /// What is foretold, with its unit: `qid_nats`.
        package var quantity: String
        package var scheme: String
        package var params: Double
        package var tokens: Double
        package var bits: Double
        package var value: Double
        package var low: Double?
        package var high: Double?
        /// Factors beyond the fitted points in N or D; 1 inside, nil where there is no telling.
        package var beyondHull: Double?

        package init(
            quantity: String, scheme: String, params: Double, tokens: Double, bits: Double, value: Double,
            low: Double?, high: Double?, beyondHull: Double?
        ) {
            self.quantity = quantity
            self.scheme = scheme
            self.params = params
            self.tokens = tokens
            self.bits = bits
            self.value = value
            self.low = low
            self.high = high
            self.beyondHull = beyondHull
        }
    }

    /// Something that a reader of the fit must know.
    package struct Warning: Sendable, Equatable {
        package var message: String
        /// What to do about it.
        package var advice: String

        package init(message: String, advice: String) {
            self.message = message
            self.advice = advice
        }
    }

    package init(
        key: String, law: String, scheme: String, family: String, objective: String, objectiveValue: Double, n: Int,
        leftOut: Int, r2: Double?, starts: Int, startsAtBest: Int, detail: String, stageVersion: Int,
        programVersion: String, parameters: [Parameter], predictions: [Prediction], warnings: [Warning]
    ) {
        self.key = key
        self.law = law
        self.scheme = scheme
        self.family = family
        self.objective = objective
        self.objectiveValue = objectiveValue
        self.n = n
        self.leftOut = leftOut
        self.r2 = r2
        self.starts = starts
        self.startsAtBest = startsAtBest
        self.detail = detail
        self.stageVersion = stageVersion
        self.programVersion = programVersion
        self.parameters = parameters
        self.predictions = predictions
        self.warnings = warnings
    }
}
