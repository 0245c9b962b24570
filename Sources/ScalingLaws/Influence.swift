/// How clusters of points move a fit: what the degrees of freedom of a cluster-robust variance come from.
///
/// For a quantity with derivatives c by the coordinates, cluster g contributes w_gᵀr_g with
/// w_g = A_g·J_g·(JᵀJ)⁺·c and A_g = (I − H)_gg^(−½) (CR2 of Bell and McCaffrey, 2002). Under equal variances the sum
/// of squares of these is distributed nearly as χ² with (Σ G_gg)²/Σ G_gh² degrees of freedom, G the contributions'
/// covariance.
///
/// Huber's scores are bounded, so their squares vary less than those of normal residuals, while the share within ±δ has
/// to be estimated: degrees of freedom follow from the variance of the whole (Satterthwaite, 1946).
package struct Influence: Sendable, Equatable {
    /// ∂rᵢ/∂z, row major.
    private let jacobian: [Double]
    /// A·J·(JᵀJ)⁺, row major.
    private let response: [Double]
    private let inverse: [Double]
    /// The inverse of what the objective's curvature is made of (`Linearization`).
    private let bread: [Double]
    private let cluster: [Int]
    private let clusterCount: Int
    private let size: Int
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

    init(_ linearization: Linearization, cluster: [Int], clusterCount: Int, parameterDerivatives: [Double]) {
        let size = linearization.columns
        self.size = size
        self.cluster = cluster
        self.clusterCount = clusterCount
        self.parameterDerivatives = parameterDerivatives
        jacobian = linearization.jacobian
        variance = linearization.variance
        inverse = linearization.inverse
        bread = linearization.bread
        var response = [Double](repeating: 0, count: jacobian.count)
        var solved = response
        var scores = [Double](repeating: 0, count: clusterCount * size)
        curvature = linearization.curvature
        isLeastSquares = linearization.delta == .infinity
        var sums = [Double](repeating: 0, count: clusterCount)
        var rowsOf = [[Int]](repeating: [], count: clusterCount)
        for (row, number) in cluster.enumerated() { rowsOf[number].append(row) }
        for (number, rows) in rowsOf.enumerated() {
            let root = Self.correction(rows, floor: 0, linearization.leverage)
            let own = Self.scores(of: rows, linearization, isLeastSquares ? root : nil)
            sums[number] = own.reduce(0, +)
            for (i, a) in rows.enumerated() {
                for column in 0..<size { solved[a * size + column] = linearization.solved(a, column) }
                for (j, b) in rows.enumerated() {
                    let factor = root[i * rows.count + j]
                    for column in 0..<size { response[a * size + column] += factor * linearization.solved(b, column) }
                }
                for column in 0..<size { scores[number * size + column] += jacobian[a * size + column] * own[i] }
            }
        }
        scoreVariance = isLeastSquares ? 1 : Self.excess(of: sums)
        self.response = response
        self.solved = solved
        self.scores = scores
    }

    /// Clusters of more rows are corrected row by row, and with more clusters degrees of freedom are those of the
    /// count: neither matters there, and both would take long.
    private static let (mostRows, mostClusters) = (100, 1500)

    /// A_g·ψ_g of one cluster's rows, where `root` is A_g if it is known already. What a bounded score would be had the
    /// fit not moved it is within the same bound.
    private static func scores(of rows: [Int], _ linearization: Linearization, _ root: [Double]?) -> [Double] {
        let root = root ?? correction(rows, floor: 1e-6, linearization.scoreLeverage)
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

    /// (I − H)^(−½) of one cluster; in directions that the cluster alone decides 1/√`floor`, or 0 without one.
    private static func correction(
        _ rows: [Int], floor: Double, _ leverage: (Int, Int) -> Double
    ) -> [Double] {
        let inDoubt = floor > 0 ? 1 / floor.squareRoot() : 0
        let size = rows.count
        guard size <= mostRows else {
            var root = [Double](repeating: 0, count: size * size)
            for (i, row) in rows.enumerated() {
                let rest = 1 - leverage(row, row)
                root[i * size + i] = rest > 1e-6 ? 1 / rest.squareRoot() : inDoubt
            }
            return root
        }
        var block = [Double](repeating: 0, count: size * size)
        for (i, a) in rows.enumerated() {
            for (j, b) in rows.enumerated() { block[i * size + j] = (i == j ? 1 : 0) - leverage(a, b) }
        }
        return SymmetricEigen(block, size: size).applying { $0 > 1e-6 ? 1 / $0.squareRoot() : inDoubt }
    }

    /// The degrees of freedom for a quantity with these derivatives by the coordinates; at least 1.
    func degrees(of gradient: [Double]) -> Double {
        let own = clusterDegrees(of: gradient)
        return isLeastSquares ? own : max(1 / (scoreVariance / own + curvature.relativeVariance / 2), 1)
    }

    private func clusterDegrees(of gradient: [Double]) -> Double {
        guard clusterCount <= Self.mostClusters else { return Double(clusterCount - size) }
        var squares = [Double](repeating: 0, count: clusterCount)
        var sums = [Double](repeating: 0, count: clusterCount * size)
        for (row, number) in cluster.enumerated() {
            var weight = 0.0
            for column in 0..<size { weight += response[row * size + column] * gradient[column] }
            squares[number] += weight * weight
            for column in 0..<size { sums[number * size + column] += jacobian[row * size + column] * weight }
        }
        var (trace, frobenius) = (0.0, 0.0)
        for a in 0..<clusterCount {
            var solved = [Double](repeating: 0, count: size)
            for row in 0..<size {
                for column in 0..<size { solved[row] += inverse[row * size + column] * sums[a * size + column] }
            }
            for b in 0...a {
                var value = a == b ? squares[a] : 0
                for column in 0..<size { value -= solved[column] * sums[b * size + column] }
                if a == b { trace += value }
                frobenius += (a == b ? 1 : 2) * value * value
            }
        }
        return frobenius > 0 ? max(trace * trace / frobenius, 1) : Double(max(clusterCount - size, 1))
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

    /// The standard deviation by the delta method of a quantity with these derivatives by the parameters, as the spread
    /// among clusters gives it; nil where the data say nothing, or the objective is a sum of squares, whose draws have
    /// that spread by themselves.
    func deviation(ofParameters gradient: [Double]) -> Double? {
        guard !isLeastSquares else { return nil }
        let variance = spread(step(byCoordinate(gradient)))
        return variance > 0 ? variance.squareRoot() / curvature.value : nil
    }

    /// A change of each residual's weight in the objective that moves its gradient as much as clusters do, each by a random
    /// factor: t = J·(JᵀJ)⁺·Σ_g v_g·J_gᵀA_gψ_g.
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
