import Mathematics

/// Degrees of freedom of a cluster-robust variance.
///
/// For a quantity with derivatives c by the coordinates, cluster g contributes w_gᵀr_g with
/// w_g = A_g·J_g·(JᵀJ)⁺·c and A_g = (I − H)_gg^(−½) (CR2 of Bell and McCaffrey, 2002). The sum of squares of these is
/// distributed nearly as χ² with (Σ G_gg)²/Σ G_gh² degrees of freedom, G the contributions' covariance: under equal
/// variances, or, where clusters have constants of their own, under these as well (Imbens and Kolesár, 2016).
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
    /// What clusters have of their own, if anything.
    let constants: Constants?

    /// Constants of clusters: by how much each row follows its own, and their variance over that of rows without them.
    struct Constants: Sendable, Equatable {
        var weights: [Double]
        var ratio: Double
    }

    /// Clusters of more rows are corrected row by row, and with more clusters degrees of freedom are those of the
    /// count: neither matters there, and both would take long.
    private static let (mostRows, mostClusters) = (100, 1500)

    init(
        jacobian: [Double], inverse: [Double], size: Int, cluster: [Int], clusterCount: Int, constants: Constants? = nil
    ) {
        self.constants = constants.flatMap { $0.ratio > 0 ? $0 : nil }
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
        var followed = [Double](repeating: 0, count: clusterCount)
        for (row, number) in cluster.enumerated() {
            var weight = 0.0
            for column in 0..<size { weight += response[row * size + column] * gradient[column] }
            squares[number] += weight * weight
            followed[number] += weight * (constants?.weights[row] ?? 0)
            for column in 0..<size { sums[number * size + column] += jacobian[row * size + column] * weight }
        }
        let solved = (0..<clusterCount * size).map { place in
            let (number, row) = (place / size, place % size)
            return (0..<size).reduce(0) { $0 + inverse[row * size + $1] * sums[number * size + $1] }
        }
        let own = constants.map { shares(of: $0, followed: followed, solved: solved) } ?? []
        let ratio = constants?.ratio ?? 0
        var (trace, frobenius) = (0.0, 0.0)
        for a in 0..<clusterCount {
            for b in 0...a {
                var value = a == b ? squares[a] : 0
                for column in 0..<size { value -= solved[a * size + column] * sums[b * size + column] }
                if ratio > 0 {
                    let shared = (0..<clusterCount).reduce(0) {
                        $0 + own[$1 * clusterCount + a] * own[$1 * clusterCount + b]
                    }
                    value += ratio * shared
                }
                if a == b { trace += value }
                frobenius += (a == b ? 1 : 2) * value * value
            }
        }
        return frobenius > 0 ? max(trace * trace / frobenius, 1) : Double(max(clusterCount - size, 1))
    }

    /// How much cluster c's constant is in cluster a's contribution, row major by c.
    private func shares(of constants: Constants, followed: [Double], solved: [Double]) -> [Double] {
        var sums = [Double](repeating: 0, count: clusterCount * size)
        for (row, number) in cluster.enumerated() {
            for column in 0..<size {
                sums[number * size + column] += jacobian[row * size + column] * constants.weights[row]
            }
        }
        return (0..<clusterCount * clusterCount).map { place in
            let (c, a) = (place / clusterCount, place % clusterCount)
            let taken = (0..<size).reduce(0) { $0 + sums[c * size + $1] * solved[a * size + $1] }
            return (c == a ? followed[a] : 0) - taken
        }
    }
}
