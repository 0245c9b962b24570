/// A measurement that could be made, and what it costs in any unit.
package struct Candidate: Sendable, Equatable {
    package var conditions: Conditions
    package var cost: Double
    /// The number of a training run that is not there yet; nil: the run is one of those measured at that size.
    package var newRun: Int?

    package init(_ conditions: Conditions, cost: Double, newRun: Int? = nil) {
        (self.conditions, self.cost, self.newRun) = (conditions, cost, newRun)
    }
}

/// A measurement worth making, in the order of what each gains for its cost.
package struct DesignStep: Sendable, Equatable {
    package var candidate: Candidate
    /// The cost of this and all before it.
    package var spent: Double
    /// The standard error of the wanted prediction, as a share of it, before and after.
    package var errorBefore: Double
    package var errorAfter: Double
    /// How far its 95 % interval reaches, so many standard errors as there are degrees of freedom for.
    package var reachBefore: Double
    package var reachAfter: Double
}

/// What it takes of one kind of measurement to know wanted predictions as well as is asked.
package struct DesignNeed: Sendable, Equatable {
    /// How many of the groups offered were taken, with the places of these among them, in the order of what each gains.
    package var chosen: [Int]
    package var cells: Int
    package var cost: Double
    /// How far the 95 % intervals typically reach before, and with these measured.
    package var reachBefore: Double
    package var reachAfter: Double
    /// Whether that is as near as was asked.
    package var isEnough: Bool
}
