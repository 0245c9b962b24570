import Mathematics
import RealModule

/// How well wanted quantities would be known with more cells measured.
///
/// Student's t matters: cells of one checkpoint share what is odd about it, so that many of them in one far place make
/// the standard error small and its estimate worthless (few degrees of freedom). So does what runs have of their own: more
/// cells of one run do not average that out.
struct DesignReach: Sendable {
    private let influence: Influence
    /// Derivatives of the wanted quantities by the coordinates.
    private let targets: [[Double]]
    /// The variance of the constants of runs, in ln(measured).
    private let runVariance: Double
    private var jacobian: [Double]
    private var weights: [Double]
    private var cluster: [Int]
    private(set) var clusterCount: Int

    /// With more clusters t hardly changes, and would take long.
    private static let mostClusters = 200
    /// What runs do not explain is at least this share of the variance of residuals.
    private static let leastShareWithin = 0.05

    init(_ influence: Influence, targets: [[Double]], runVariance: Double) {
        (self.influence, self.targets, self.runVariance) = (influence, targets, runVariance)
        (jacobian, weights) = (influence.jacobian, influence.relativeWeights)
        (cluster, clusterCount) = (influence.cluster, influence.clusterCount)
    }

    /// The same with more cells.
    func with(_ rows: [DesignRow]) -> DesignReach {
        var larger = self
        for row in rows {
            larger.jacobian += row.gradient
            larger.weights.append(row.weight)
            larger.cluster.append(row.cluster)
            larger.clusterCount = max(larger.clusterCount, row.cluster + 1)
        }
        return larger
    }

    /// The mean squares over the targets of their standard errors and of how far their 95 % intervals reach, t standard
    /// errors each, where (JᵀJ)⁻¹ is `inverse`.
    func meanSquares(_ inverse: [Double]) -> (error: Double, reach: Double) {
        let size = targets[0].count
        let used = Array(Set(cluster)).sorted()
        let number = Dictionary(uniqueKeysWithValues: used.enumerated().map { ($1, $0) })
        let places = cluster.map { number[$0] ?? 0 }
        let clusters =
            used.count > Self.mostClusters
            ? nil
            : ClusterDegrees(
                jacobian: jacobian, inverse: inverse, size: size, cluster: places, clusterCount: used.count,
                constants: influence.constants.map { .init(weights: weights, ratio: $0.ratio) })
        let sums = runVariance > 0 ? sums(places, used.count, size) : []
        var (errors, reaches) = (0.0, 0.0)
        for target in targets {
            let moved = (0..<size).map { row in
                (0..<size).reduce(0) { $0 + inverse[row * size + $1] * target[$1] }
            }
            let own = zip(target, moved).reduce(0) { $0 + $1.0 * $1.1 }
            let ofRuns = stride(from: 0, to: sums.count, by: size).reduce(0.0) { total, start in
                let part = (0..<size).reduce(0) { $0 + sums[start + $1] * moved[$1] }
                return total + part * part
            }
            let variance = max(own, 0) * varianceWithin + ofRuns * runVariance
            let degrees = influence.degrees(fromClusters: clusters?.degrees(of: target) ?? .infinity)
            let t = StudentT.quantile(1 - Interval.tail, degrees: degrees)
            errors += variance
            reaches += t * t * variance
        }
        return (errors / Double(targets.count), reaches / Double(targets.count))
    }

    /// What is left of the residuals' variance without the runs' constants.
    private var varianceWithin: Double {
        let weights = influence.relativeWeights
        let mean = weights.reduce(0) { $0 + $1 * $1 } / Double(max(weights.count, 1))
        return max(influence.variance - runVariance * mean, Self.leastShareWithin * influence.variance)
    }

    /// What a run's constant moves in the gradient, by cluster.
    private func sums(_ places: [Int], _ count: Int, _ size: Int) -> [Double] {
        var sums = [Double](repeating: 0, count: count * size)
        for (row, place) in places.enumerated() {
            for column in 0..<size { sums[place * size + column] += weights[row] * jacobian[row * size + column] }
        }
        return sums
    }
}

/// A cell that could be measured, as a design takes it.
struct DesignRow: Sendable {
    /// The derivatives of its residual by the coordinates.
    let gradient: [Double]
    /// By how much its residual moves with ln(measured).
    let weight: Double
    /// The cluster that it would be of.
    let cluster: Int
}
