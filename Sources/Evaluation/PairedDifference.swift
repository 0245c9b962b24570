/// A mean of per-window differences and the standard error of that mean.
package struct PairedDifference: Sendable, Equatable {
    package let mean: Double
    /// s/√n with s² = Σ(d − mean)²/(n − 1); nil for a single window.
    package let standardError: Double?

    /// The statistics of the differences d, one per window; there is at least one.
    package init(_ differences: [Double]) {
        precondition(!differences.isEmpty)
        let count = Double(differences.count)
        let mean = differences.reduce(0, +) / count
        let squares = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        self.mean = mean
        standardError = count > 1 ? (squares / (count - 1) / count).squareRoot() : nil
    }
}
