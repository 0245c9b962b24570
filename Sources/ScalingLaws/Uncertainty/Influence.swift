/// How clusters of points move a fit: what a cluster-robust variance comes from, and its degrees of
/// freedom (`ClusterDegrees`).
///
/// Huber's scores are bounded, so their squares vary less than those of normal residuals, while the share within ±δ has
/// to be estimated: degrees of freedom follow from the variance of the whole (Satterthwaite, 1946).
package struct Influence: Sendable, Equatable {
    private let clusters: ClusterDegrees
    /// The inverse of what the objective's curvature is made of (`Linearization`).
    private let bread: [Double]
    private let size: Int
    /// ∂rᵢ/∂z, row major.
    var jacobian: [Double] { clusters.jacobian }
    var cluster: [Int] { clusters.cluster }
    var clusterCount: Int { clusters.clusterCount }
    /// What runs have of their own, as degrees of freedom are counted by it.
    var constants: ClusterDegrees.Constants? { clusters.constants }
    /// By how much each residual moves with ln(measured).
    let relativeWeights: [Double]
    /// ∂parameter/∂z, row major.
    let parameterDerivatives: [Double]

    /// The variance of a residual, Σr²/(n − p).
    let variance: Double
    /// J_gᵀ·A_g·ψ_g of each cluster, row major: its part in the objective's gradient by z, ψ the derivatives by the
    /// residuals, freed from what the fit took of them.
    private let scores: [Double]
    /// Mean ψ′ (`Linearization`).
    private let curvature: Curvature
    private let isLeastSquares: Bool
    /// The variance of a cluster's squared score over that which normal scores would have.
    private let scoreVariance: Double
    /// J·(JᵀJ)⁺, row major.
    private let solved: [Double]

    init(
        _ linearization: Linearization, cluster: [Int], clusterCount: Int, relativeWeights: [Double],
        constants: ClusterDegrees.Constants?, parameterDerivatives: [Double]
    ) {
        let size = linearization.columns
        let jacobian = linearization.jacobian
        let clusters = ClusterDegrees(
            jacobian: jacobian, inverse: linearization.inverse, size: size, cluster: cluster,
            clusterCount: clusterCount, constants: constants)
        (self.size, self.clusters) = (size, clusters)
        (self.relativeWeights, self.parameterDerivatives) = (relativeWeights, parameterDerivatives)
        variance = linearization.variance
        bread = linearization.bread
        var solved = [Double](repeating: 0, count: jacobian.count)
        var scores = [Double](repeating: 0, count: clusterCount * size)
        curvature = linearization.curvature
        isLeastSquares = linearization.delta == .infinity
        var sums = [Double](repeating: 0, count: clusterCount)
        for (number, rows) in clusters.rowsOfClusters.enumerated() {
            let own = Self.scores(of: rows, linearization, isLeastSquares ? clusters.root(of: rows) : nil)
            sums[number] = own.reduce(0, +)
            for (i, a) in rows.enumerated() {
                for column in 0..<size { solved[a * size + column] = clusters.solved(a, column) }
                for column in 0..<size { scores[number * size + column] += jacobian[a * size + column] * own[i] }
            }
        }
        scoreVariance = isLeastSquares ? 1 : Self.excess(of: sums)
        self.solved = solved
        self.scores = scores
    }

    /// A_g·ψ_g of one cluster's rows, where `root` is A_g if it is known already.
    ///
    /// What a bounded score would be had the fit not moved it is within the same bound.
    private static func scores(of rows: [Int], _ linearization: Linearization, _ root: [Double]?) -> [Double] {
        let root = root ?? ClusterDegrees.correction(rows, floor: 1e-6, linearization.scoreLeverage)
        return rows.indices.map { i in
            let score = rows.indices.reduce(0.0) { $0 + root[i * rows.count + $1] * linearization.scores[rows[$1]] }
            return min(max(score, -linearization.delta), linearization.delta)
        }
    }

    /// (Σx⁴/n/(Σx²/n)² − 1)/2: 1 for normal numbers, 0 where all have one size.
    private static func excess(of numbers: [Double]) -> Double {
        let count = Double(numbers.count)
        let second = numbers.reduce(0) { $0 + $1 * $1 } / count
        let fourth = numbers.reduce(0) { $0 + $1 * $1 * $1 * $1 } / count
        return second > 0 ? max(fourth / second / second - 1, 0) / 2 : 1
    }

    /// The degrees of freedom for a quantity with these derivatives by the coordinates; at least 1.
    func degrees(of gradient: [Double]) -> Double {
        degrees(fromClusters: clusters.degrees(of: gradient))
    }

    /// The same from those among clusters.
    func degrees(fromClusters own: Double) -> Double {
        isLeastSquares ? own : max(1 / (scoreVariance / own + curvature.relativeVariance / 2), 1)
    }

    /// The variance of a quantity with these derivatives by the coordinates as the spread among clusters gives it, over
    /// that which independent residuals of unit variance would; nil where the data say nothing.
    func ratio(of gradient: [Double]) -> Double? {
        let moved = step(gradient)
        let unit = zip(gradient, moved).reduce(0) { $0 + $1.0 * $1.1 }
        let variance = spread(moved)
        return unit > 0 && variance > 0 ? variance / unit / (curvature.value * curvature.value) : nil
    }

    private func step(_ gradient: [Double]) -> [Double] {
        (0..<size).map { row in
            (0..<size).reduce(0.0) { $0 + bread[row * size + $1] * gradient[$1] }
        }
    }

    /// Σ over clusters of (score·direction)².
    private func spread(_ direction: [Double]) -> Double {
        (0..<clusterCount).reduce(0.0) { sum, number in
            let part = (0..<size).reduce(0.0) { $0 + scores[number * size + $1] * direction[$1] }
            return sum + part * part
        }
    }

    /// The variance by the delta method of a quantity with these derivatives by the parameters, as the spread among clusters
    /// gives it; nil where the data say nothing.
    func variance(ofParameters gradient: [Double]) -> Double? {
        let variance = spread(step(byCoordinate(gradient))) / (curvature.value * curvature.value)
        return variance > 0 && variance.isFinite ? variance : nil
    }

    /// The standard deviation by the delta method of a quantity with these derivatives by the parameters, as the spread
    /// among clusters gives it; nil where the data say nothing, or the objective is a sum of squares, whose draws have
    /// that spread by themselves.
    func deviation(ofParameters gradient: [Double]) -> Double? {
        guard !isLeastSquares else { return nil }
        let variance = spread(step(byCoordinate(gradient)))
        return variance > 0 ? variance.squareRoot() / curvature.value : nil
    }

    /// A change of each residual's weight in the objective that moves its gradient as much as clusters do, each by a
    /// random factor: t = J·(JᵀJ)⁺·Σ_g v_g·J_gᵀA_gψ_g.
    func tilt(_ factors: [Double]) -> [Double] {
        var sum = [Double](repeating: 0, count: size)
        for (number, factor) in factors.enumerated() {
            for column in 0..<size { sum[column] += factor * scores[number * size + column] }
        }
        return cluster.indices.map { row in
            (0..<size).reduce(0) { $0 + solved[row * size + $1] * sum[$1] }
        }
    }

    /// The degrees of freedom of a quantity with these derivatives by the parameters.
    func degrees(ofParameters gradient: [Double]) -> Double { degrees(of: byCoordinate(gradient)) }

    /// The derivatives by the coordinates of a quantity with these derivatives by the parameters.
    func byCoordinate(_ gradient: [Double]) -> [Double] {
        var result = [Double](repeating: 0, count: size)
        for (parameter, slope) in gradient.enumerated() where slope != 0 {
            for column in 0..<size { result[column] += slope * parameterDerivatives[parameter * size + column] }
        }
        return result
    }

    /// JᵀJ, row major.
    var normal: [Double] {
        var result = [Double](repeating: 0, count: size * size)
        for row in 0..<cluster.count {
            for a in 0..<size {
                for b in 0..<size { result[a * size + b] += jacobian[row * size + a] * jacobian[row * size + b] }
            }
        }
        return result
    }
}
