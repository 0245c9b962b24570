import RealModule

/// Refits on data that might have been measured: a wild bootstrap over clusters.
///
/// Every draw keeps the design, so no size, bit width or scheme ever goes missing, and turns the residuals of all
/// points of a checkpoint by one random sign, so what a checkpoint's points share stays shared. Residuals are first
/// freed from what the fit took of them: r̃ = (I − H)^(−½) r within each cluster (the correction CR2 of Bell and
/// McCaffrey, 2002), which makes their variance right on average also for few clusters.
struct Bootstrap: Sendable {
    let observations: Observations
    let coordinates: Coordinates
    let z: [Double]
    let linearization: Linearization
    let seed: UInt64

    /// Parameters of each refit that converged on a finite objective.
    func run(_ draws: Int) -> [[Double]] {
        var problem = Problem(observations, coordinates)
        let predicted = problem.predictions(problem.parameters(at: z))
        let corrected = correctedResiduals()
        let blocks = min(max(draws, 1), 16)
        let results = parallelMap(blocks) { block in
            var problem = Problem(observations, coordinates)
            let minimizer = Minimizer(tolerance: 1e-7, maxIterations: 60)
            return stride(from: block, to: draws, by: blocks).map { draw -> [Double]? in
                problem.measured = resampled(predicted, corrected, draw: draw)
                let minimum = minimizer.minimize(&problem, from: z)
                return minimum.objective.isFinite ? problem.parameters(at: minimum.z) : nil
            }
        }
        return (0..<draws).compactMap { results[$0 % blocks][$0 / blocks] }
    }

    private func resampled(_ predicted: [Double], _ corrected: [Double], draw: Int) -> [Double] {
        var random = RandomNumbers(seed: seed, stream: draw)
        let signs = (0..<observations.clusterCount).map { _ in sign(&random) }
        return predicted.indices.map { row in
            let shift = signs[observations.cluster[row]] * corrected[row] / observations.inverseSigma[row]
            return observations.objective.isLogarithmic ? predicted[row] * .exp(-shift) : predicted[row] - shift
        }
    }

    /// ±1; with fewer than 12 clusters Webb's six values, as there would be few patterns of signs.
    private func sign(_ random: inout RandomNumbers) -> Double {
        if observations.clusterCount >= 12 { return random.next() >> 63 == 0 ? 1 : -1 }
        let six = Int(random.uniform() * 6)
        let size = (Double(six % 3 + 1) / 2).squareRoot()
        return six < 3 ? size : -size
    }

    private func correctedResiduals() -> [Double] {
        var rowsOf = [[Int]](repeating: [], count: observations.clusterCount)
        for (row, cluster) in observations.cluster.enumerated() { rowsOf[cluster].append(row) }
        var corrected = linearization.residuals
        for rows in rowsOf where rows.count <= 64 {
            let size = rows.count
            var block = [Double](repeating: 0, count: size * size)
            for (i, a) in rows.enumerated() {
                for (j, b) in rows.enumerated() {
                    block[i * size + j] = (i == j ? 1 : 0) - linearization.leverage(a, b)
                }
            }
            let root = SymmetricEigen(block, size: size).applying { $0 > 1e-6 ? 1 / $0.squareRoot() : 0 }
            for (i, a) in rows.enumerated() {
                corrected[a] = 0
                for (j, b) in rows.enumerated() { corrected[a] += root[i * size + j] * linearization.residuals[b] }
            }
        }
        return corrected
    }
}
