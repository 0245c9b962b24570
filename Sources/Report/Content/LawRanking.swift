package import ScalingLaws

/// Laws of one quantity ranked on the same points of one scheme, the best first.
package struct LawRanking: Sendable, Equatable {
    package var family: String
    package var scheme: String
    package var laws: [RankedLaw]

    package init(family: String, scheme: String, laws: [RankedLaw]) {
        self.family = family
        self.scheme = scheme
        self.laws = laws
    }
}
