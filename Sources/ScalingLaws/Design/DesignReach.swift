import Mathematics
import RealModule

/// How far the 95 % intervals of wanted quantities would reach up and down with more cells measured, t standard errors
/// each.
///
/// Student's t matters: cells of one checkpoint share what is odd about it, so that many of them in one far place make
/// the standard error small and its estimate worthless (few degrees of freedom).
struct DesignReach {
    private let influence: Influence
    /// Derivatives of the wanted quantities by the coordinates.
    private let targets: [[Double]]
    private var jacobian: [Double]
    private var cluster: [Int]
    private var clusterCount: Int

    /// With more clusters t hardly changes, and would take long.
    private static let mostClusters = 200

    init(_ influence: Influence, targets: [[Double]]) {
        (self.influence, self.targets) = (influence, targets)
        (jacobian, cluster, clusterCount) = (influence.jacobian, influence.cluster, influence.clusterCount)
    }

    /// A number for checkpoints that are not measured yet.
    mutating func newCluster() -> Int {
        clusterCount += 1
        return clusterCount - 1
    }

    /// The same with one more cell, by the derivatives of its residual.
    func with(_ row: [Double], cluster number: Int) -> DesignReach {
        var larger = self
        larger.jacobian += row
        larger.cluster.append(number)
        return larger
    }

    /// The mean square over the targets, where (JᵀJ)⁻¹ is `inverse`.
    func meanSquare(_ inverse: [Double]) -> Double {
        let size = targets[0].count
        let used = Array(Set(cluster)).sorted()
        let number = Dictionary(uniqueKeysWithValues: used.enumerated().map { ($1, $0) })
        let clusters =
            used.count > Self.mostClusters
            ? nil
            : ClusterDegrees(
                jacobian: jacobian, inverse: inverse, size: size, cluster: cluster.map { number[$0] ?? 0 },
                clusterCount: used.count)
        let squares = targets.map { target in
            let own = clusters?.degrees(of: target) ?? .infinity
            let t = StudentT.quantile(1 - Interval.tail, degrees: influence.degrees(fromClusters: own))
            var variance = 0.0
            for row in 0..<size {
                for column in 0..<size { variance += target[row] * inverse[row * size + column] * target[column] }
            }
            return t * t * max(variance, 0) * influence.variance
        }
        return squares.reduce(0, +) / Double(targets.count)
    }
}
