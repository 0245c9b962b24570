import RealModule

/// Refits on data that might have been measured, or on other weights: a bootstrap over clusters that keeps the design,
/// so no size, bit width or scheme ever goes missing from a draw.
///
/// Least squares uses the wild bootstrap: the residuals of all points of a checkpoint times one standard normal number,
/// so what they share stays shared. Residuals are first freed from what the fit took of them (`Influence.corrected`), which
/// makes their variance right on average also for few clusters. Huber's objectives with many
/// residuals beyond δ, which look at the order of residuals more than at their size, use random weights instead,
/// exponential with mean 1, one for each checkpoint (Rao and Zhao, 1992).
struct Bootstrap: Sendable {
    let observations: Observations
    let coordinates: Coordinates
    let z: [Double]
    let influence: Influence
    let seed: UInt64

    private static let minimizer = Minimizer(tolerance: 1e-7, maxIterations: 60)

    /// Parameters of each refit that ended on a finite objective.
    func run(_ draws: Int) -> [[Double]] {
        var problem = Problem(observations, coordinates)
        let predicted = problem.predictions(problem.parameters(at: z))
        let isWild = influence.isNearLeastSquares
        let blocks = min(max(draws, 1), 16)
        let results = parallelMap(blocks) { block in
            var problem = Problem(observations, coordinates)
            return stride(from: block, to: draws, by: blocks).map { draw -> [Double]? in
                var random = RandomNumbers(seed: seed, stream: draw)
                if isWild {
                    problem.measured = resampled(predicted, &random)
                } else {
                    let weights = (0..<observations.clusterCount).map { _ in -Double.log(onePlus: -random.uniform()) }
                    problem.multiplicity = observations.cluster.map { weights[$0] }
                }
                let minimum = Self.minimizer.minimize(&problem, from: z)
                return minimum.objective.isFinite ? problem.parameters(at: minimum.z) : nil
            }
        }
        return (0..<draws).compactMap { results[$0 % blocks][$0 / blocks] }
    }

    private func resampled(_ predicted: [Double], _ random: inout RandomNumbers) -> [Double] {
        let factors = (0..<observations.clusterCount).map { _ in random.normal() }
        return predicted.indices.map { row in
            let shift = factors[observations.cluster[row]] * influence.corrected[row] / observations.inverseSigma[row]
            return observations.objective.isLogarithmic ? predicted[row] * .exp(-shift) : predicted[row] - shift
        }
    }
}
