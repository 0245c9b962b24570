import Kernels
import Mathematics
import RealModule

/// Finds the best minimum from many starts: candidates are drawn over the parameters' ranges with the linear part
/// solved for each, and the best of them, with some others for variety, are minimised on all cores.
struct Search: Sendable {
    let observations: Observations
    let coordinates: Coordinates
    let options: FitOptions

    struct Outcome: Sendable {
        var z: [Double]
        var objective: Double
        var starts: Int
        /// Starts that ended within 1e-6 of the best objective.
        var startsAtBest: Int
        var isConverged: Bool
    }

    /// Starts that end this near to the best objective, relatively, have found the same minimum.
    private static let sameMinimum = 1e-6

    /// An optimum that fewer starts than this have found may not be the best: as many starts again are made, elsewhere,
    /// so many times at most.
    private static let (enough, mostRounds) = (3, 4)

    func run() throws(ScalingLawsError) -> Outcome {
        var minima: [Minimizer.Minimum] = []
        for round in 0..<Self.mostRounds {
            let chosen = choose(candidates(round))
            minima += Parallel.map(chosen.count) { index in
                var problem = Problem(observations, coordinates)
                return Minimizer().minimize(&problem, from: chosen[index])
            }
            let least = minima.map(\.objective).min() ?? .infinity
            let agreeing = minima.count { $0.objective <= same(as: least) }
            if agreeing >= Self.enough || chosen.count < Self.enough { break }
        }
        guard let first = minima.indices.min(by: { minima[$0].objective < minima[$1].objective }) else {
            throw .noFiniteStart(law: observations.space.formula.law.name)
        }
        var problem = Problem(observations, coordinates)
        let best = polish(minima[first], &problem)
        let limit = same(as: best.objective)
        return Outcome(
            z: best.z, objective: best.objective, starts: minima.count,
            startsAtBest: max(1, minima.count { $0.objective <= limit }), isConverged: best.isConverged)
    }

    /// The objective up to which a minimum is the same as one of this objective.
    private func same(as objective: Double) -> Double {
        objective * (1 + Self.sameMinimum) + Double(observations.count) * 1e-24
    }

    /// Newton steps with the exact Hessian from the best minimum, which Gauss–Newton may approach slowly.
    private func polish(_ minimum: Minimizer.Minimum, _ problem: inout Problem) -> Minimizer.Minimum {
        var minimizer = Minimizer()
        minimizer.usesExactHessian = true
        minimizer.maxIterations = 100
        let polished = minimizer.minimize(&problem, from: minimum.z)
        guard polished.objective <= minimum.objective else { return minimum }
        return Minimizer.Minimum(
            z: polished.z, objective: polished.objective, isConverged: minimum.isConverged || polished.isConverged,
            iterations: minimum.iterations + polished.iterations)
    }

    /// Coordinates with a finite objective, best first; others each round.
    private func candidates(_ round: Int) -> [[Double]] {
        let drawn = coordinates.free.filter { !observations.space.parameters[$0].isLinear }.count
        let count = drawn == 0 ? 1 : max(options.starts * 4, min(64 << min(drawn, 5), 1024))
        let blocks = 16
        let scored = Parallel.map(blocks) { block in
            var problem = Problem(observations, coordinates)
            return stride(from: block, to: count, by: blocks).compactMap { index -> (Int, Double, [Double])? in
                var random = RandomNumbers(seed: options.seed, stream: round * count + index)
                let z = problem.solvingLinearPart(draw(&random))
                let objective = problem.objective(at: z)
                return objective.isFinite ? (index, objective, z) : nil
            }
        }
        return scored.flatMap { $0 }.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map { $0.2 }
    }

    /// Three quarters of the starts from the best candidates, one from the rest.
    private func choose(_ candidates: [[Double]]) -> [[Double]] {
        let count = min(max(options.starts, 1), candidates.count)
        let leading = count - count / 4
        let rest = candidates.count - leading
        let others = (0..<count - leading).map { leading + $0 * rest / max(count - leading, 1) }
        return candidates[..<leading] + others.map { candidates[$0] }
    }

    private func draw(_ random: inout RandomNumbers) -> [Double] {
        let z = coordinates.free.enumerated().map { coordinate, index in
            let range = observations.space.parameters[index].definition.starts
            let (low, high) = (range.lowerBound, range.upperBound)
            switch coordinates.kinds[coordinate] {
            case .logarithm: return Double.log(low) + random.uniform() * (.log(high) - .log(low))
            case .plain: return low + random.uniform() * (high - low)
            case .term, .logarithmOfTerm: return 0
            }
        }
        return coordinates.clamped(z)
    }
}
