/// Levenberg–Marquardt within bounds: each step minimises the damped quadratic model over the box.
///
/// It stops when the model promises less than `tolerance` of the objective, when the gradient's cosine with every
/// residual direction is below 1e-10, when the objective is 0 to rounding, or when damping finds nothing lower.
struct Minimizer {
    var tolerance = 1e-13
    var maxIterations = 300
    /// Use the exact Hessian, by central differences of the gradient: for the last digits where residuals are large.
    var usesExactHessian = false

    struct Minimum: Sendable {
        var z: [Double]
        var objective: Double
        var isConverged: Bool
        var iterations: Int
    }

    func minimize(_ problem: inout Problem, from start: [Double]) -> Minimum {
        let size = problem.size
        var z = start
        var value = problem.evaluate(z)
        guard value.objective.isFinite else {
            return Minimum(z: z, objective: .infinity, isConverged: false, iterations: 0)
        }
        let floor = Double(problem.observations.count) * 1e-30
        var (damping, growth) = (1e-3, 2.0)
        var hessian = usesExactHessian ? exactHessian(&problem, z) ?? value.hessian : value.hessian
        for iteration in 0..<maxIterations {
            guard value.objective > floor, !isFlat(value, hessian, z, problem.coordinates) else {
                return Minimum(z: z, objective: value.objective, isConverged: true, iterations: iteration)
            }
            let scale = (0..<size).map { max(abs(value.hessian[$0 * size + $0]), 1e-30) }
            var damped = hessian
            for index in 0..<size { damped[index * size + index] += damping * scale[index] }
            let step = BoxQuadratic(
                hessian: damped, gradient: value.gradient,
                low: zip(problem.coordinates.lower, z).map { $0 - $1 },
                high: zip(problem.coordinates.upper, z).map { $0 - $1 }
            ).minimizer()
            let promised = step.map { decrease($0, value.gradient, hessian, size) } ?? -1
            if let step, promised > 0 {
                let isLast = promised <= tolerance * value.objective && damping <= 1
                let trial = problem.coordinates.clamped(zip(z, step).map { $0 + $1 })
                let next = problem.evaluate(trial)
                if next.objective < value.objective {
                    let ratio = (value.objective - next.objective) / promised
                    let curve = 2 * ratio - 1
                    damping = max(damping * max(1.0 / 3, 1 - curve * curve * curve), 1e-15)
                    growth = 2
                    (z, value) = (trial, next)
                    hessian = usesExactHessian ? exactHessian(&problem, z) ?? value.hessian : value.hessian
                    if !isLast { continue }
                }
                if isLast { return Minimum(z: z, objective: value.objective, isConverged: true, iterations: iteration) }
            }
            damping *= growth
            growth *= 2
            if damping > 1e14 {
                let isFlat = promised >= 0 && promised <= 1e-9 * value.objective
                return Minimum(z: z, objective: value.objective, isConverged: isFlat, iterations: iteration)
            }
        }
        return Minimum(z: z, objective: value.objective, isConverged: false, iterations: maxIterations)
    }

    /// −(gᵀδ + ½δᵀHδ).
    private func decrease(_ step: [Double], _ gradient: [Double], _ hessian: [Double], _ size: Int) -> Double {
        var total = 0.0
        for row in 0..<size {
            var product = 0.0
            for column in 0..<size { product += hessian[row * size + column] * step[column] }
            total -= step[row] * (gradient[row] + product / 2)
        }
        return total
    }

    private func isFlat(_ value: Problem.Value, _ hessian: [Double], _ z: [Double], _ box: Coordinates) -> Bool {
        let size = z.count
        return (0..<size).allSatisfy { index in
            let slope = value.gradient[index]
            let isStopped = (z[index] <= box.lower[index] && slope > 0) || (z[index] >= box.upper[index] && slope < 0)
            let curvature = value.hessian[index * size + index]
            return isStopped || abs(slope) <= 1e-10 * (curvature * value.objective).squareRoot()
        }
    }

    /// The symmetric part of the gradient's central differences; nil where the law is not finite nearby.
    func exactHessian(_ problem: inout Problem, _ z: [Double]) -> [Double]? {
        let size = z.count
        let centre = problem.evaluate(z)
        guard centre.objective.isFinite else { return nil }
        var result = [Double](repeating: 0, count: size * size)
        for index in 0..<size {
            let curvature = centre.hessian[index * size + index]
            let natural = curvature > 0 ? (centre.objective / curvature).squareRoot() : 1
            let step = max(min(1e-4 * natural, 1e-3 * (1 + abs(z[index]))), 1e-9 * (1 + abs(z[index])))
            var (above, below) = (z, z)
            above[index] = min(z[index] + step, problem.coordinates.upper[index])
            below[index] = max(z[index] - step, problem.coordinates.lower[index])
            let width = above[index] - below[index]
            let (up, down) = (problem.evaluate(above), problem.evaluate(below))
            guard width > 0, up.objective.isFinite, down.objective.isFinite else { return nil }
            for other in 0..<size {
                let slope = (up.gradient[other] - down.gradient[other]) / width / 2
                result[index * size + other] += slope
                result[other * size + index] += slope
            }
        }
        return result
    }
}
