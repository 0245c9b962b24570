import Kernels
import Mathematics

/// Draws of the parameters from how much they might have come out otherwise: the estimating-function bootstrap over
/// clusters (Parzen, Wei and Ying, 1994; Hu and Kalbfleisch, 2000).
///
/// At the optimum the clusters' parts in the objective's gradient add up to 0. Each draw multiplies every part with one
/// standard normal number and finds the parameters whose gradient is the sum: what the points of a checkpoint share stays
/// shared, the design stays whole, and no density of residuals need be known, whatever the objective. For least squares
/// this is the wild bootstrap without what no parameter can follow. The parts are first freed from what the fit took of
/// them (`Influence`), which makes their variance right on average also for few clusters.
struct Bootstrap: Sendable {
    let observations: Observations
    let coordinates: Coordinates
    let z: [Double]
    let influence: Influence
    let seed: UInt64

    private static let minimizer = Minimizer(tolerance: 1e-7, maxIterations: 60)

    /// Parameters of each refit that ended on a finite objective.
    func run(_ draws: Int) -> [[Double]] {
        let blocks = min(max(draws, 1), 16)
        let results = Parallel.map(blocks) { block in
            var problem = Problem(observations, coordinates)
            return stride(from: block, to: draws, by: blocks).map { draw -> [Double]? in
                var random = RandomNumbers(seed: seed, stream: draw)
                problem.tilt = influence.tilt((0..<observations.clusterCount).map { _ in random.normal() })
                let minimum = Self.minimizer.minimize(&problem, from: z)
                return minimum.objective.isFinite ? problem.parameters(at: minimum.z) : nil
            }
        }
        return (0..<draws).compactMap { results[$0 % blocks][$0 / blocks] }
    }
}
