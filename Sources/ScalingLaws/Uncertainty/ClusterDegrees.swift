import Mathematics

/// Degrees of freedom of a cluster-robust variance.
///
/// For a quantity with derivatives c by the coordinates, cluster g contributes w_gᵀr_g with
/// w_g = A_g·J_g·(JᵀJ)⁺·c and A_g = (I − H)_gg^(−½) (CR2 of Bell and McCaffrey, 2002). Under equal variances the sum
/// of squares of these is distributed nearly as χ² with (Σ G_gg)²/Σ G_gh² degrees of freedom, G the contributions'
/// covariance.
struct ClusterDegrees: Sendable, Equatable {
    /// ∂rᵢ/∂z, row major.
    let jacobian: [Double]
    /// (JᵀJ)⁺, row major.
    let inverse: [Double]
    let size: Int
    let cluster: [Int]
    let clusterCount: Int
    /// A·J·(JᵀJ)⁺, row major.
    private var response: [Double]

    /// Clusters of more rows are corrected row by row, and with more clusters degrees of freedom are those of the
    /// count: neither matters there, and both would take long.
    private static let (mostRows, mostClusters) = (100, 1500)

    init(jacobian: [Double], inverse: [Double], size: Int, cluster: [Int], clusterCount: Int) {
        (self.jacobian, self.inverse, self.size) = (jacobian, inverse, size)
        (self.cluster, self.clusterCount) = (cluster, clusterCount)
        response = [Double](repeating: 0, count: jacobian.count)
        for rows in rowsOfClusters {
            let root = root(of: rows)
            for (i, a) in rows.enumerated() {
                for (j, b) in rows.enumerated() {
                    let factor = root[i * rows.count + j]
                    for column in 0..<size { response[a * size + column] += factor * solved(b, column) }
                }
            }
        }
    }

    var rowsOfClusters: [[Int]] {
        var rowsOf = [[Int]](repeating: [], count: clusterCount)
        for (row, number) in cluster.enumerated() { rowsOf[number].append(row) }
        return rowsOf
    }

    /// A_g of a cluster's rows; 0 in directions that the cluster alone decides.
    func root(of rows: [Int]) -> [Double] { Self.correction(rows, floor: 0, leverage) }

    /// J·(JᵀJ)⁺ at a row and column.
    func solved(_ row: Int, _ column: Int) -> Double {
        (0..<size).reduce(0) { $0 + jacobian[row * size + $1] * inverse[$1 * size + column] }
    }

    private func leverage(_ a: Int, _ b: Int) -> Double {
        (0..<size).reduce(0) { $0 + solved(a, $1) * jacobian[b * size + $1] }
    }

    /// (I − H)^(−½) of one cluster; in directions that the cluster alone decides 1/√`floor`, or 0 without one.
    static func correction(_ rows: [Int], floor: Double, _ leverage: (Int, Int) -> Double) -> [Double] {
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
        guard let eigen = SymmetricEigen(block, count: size) else {
            return [Double](repeating: .nan, count: size * size)
        }
        return eigen.applying { $0 > 1e-6 ? 1 / $0.squareRoot() : inDoubt }
    }

    /// Those of a quantity with these derivatives by the coordinates; at least 1.
    func degrees(of gradient: [Double]) -> Double {
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
}
