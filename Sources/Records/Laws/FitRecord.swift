/// A law fitted to the points of one scheme of one family, as it is recorded.
package struct FitRecord: Sendable, Equatable {
    /// Key of points, law, objective and stage version.
    package var key: String
    /// The family whose points were fitted, or `all`.
    package var family: String
    package var fitted: FittedScheme

    package init(key: String, family: String, fitted: FittedScheme) {
        self.key = key
        self.family = family
        self.fitted = fitted
    }
}
