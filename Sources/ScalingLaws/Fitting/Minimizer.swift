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
        var state = State(z: start, value: problem.evaluate(start), hessian: [])
        guard state.value.objective.isFinite else {
            return Minimum(z: start, objective: .infinity, isConverged: false, iterations: 0)
        }
        state.hessian = hessian(&problem, state)
        let floor = Double(problem.observations.count) * 1e-30
        for iteration in 0..<maxIterations {
            let isDone = state.value.objective <= floor || isFlat(state, problem.coordinates)
            let progress = isDone ? Progress.converged : advance(&state, &problem)
            guard progress == .going else {
                return Minimum(
                    z: state.z, objective: state.value.objective, isConverged: progress == .converged,
                    iterations: iteration)
            }
        }
        return Minimum(
            z: state.z, objective: state.value.objective, isConverged: false, iterations: maxIterations)
    }

    private enum Progress { case going, converged, stuck }

    private struct State {
        var z: [Double]
        var value: Problem.Value
        var hessian: [Double]
        var damping = 1e-3
        var growth = 2.0
    }

    /// One step, taken if it lowers the objective; else more damping (Nielsen's rule).
    private func advance(_ state: inout State, _ problem: inout Problem) -> Progress {
        let step = step(state, problem.coordinates)
        let promised = step.map { decrease($0, state.value.gradient, state.hessian) } ?? -1
        if let step, promised > 0 {
            let isLast = promised <= tolerance * state.value.objective && state.damping <= 1
            let trial = problem.coordinates.clamped(zip(state.z, step).map { $0 + $1 })
            let next = problem.evaluate(trial)
            if next.objective < state.value.objective {
                let curve = 2 * (state.value.objective - next.objective) / promised - 1
                state.damping = max(state.damping * max(1.0 / 3, 1 - curve * curve * curve), 1e-15)
                state.growth = 2
                (state.z, state.value) = (trial, next)
                if isLast { return .converged }
                state.hessian = hessian(&problem, state)
                return .going
            }
            if isLast { return .converged }
        }
        state.damping *= state.growth
        state.growth *= 2
        guard state.damping > 1e14 else { return .going }
        return promised >= 0 && promised <= 1e-9 * state.value.objective ? .converged : .stuck
    }

    private func hessian(_ problem: inout Problem, _ state: State) -> [Double] {
        usesExactHessian ? exactHessian(&problem, state.z) ?? state.value.hessian : state.value.hessian
    }

    /// The minimiser of the damped model within the bounds; nil if the damped Hessian is not positive definite.
    private func step(_ state: State, _ box: Coordinates) -> [Double]? {
        let size = state.z.count
        var damped = state.hessian
        for index in 0..<size {
            let scale = max(abs(state.value.hessian[index * size + index]), 1e-30)
            damped[index * size + index] += state.damping * scale
        }
        return BoxQuadratic(
            hessian: damped, gradient: state.value.gradient, low: zip(box.lower, state.z).map { $0 - $1 },
            high: zip(box.upper, state.z).map { $0 - $1 }
        ).minimizer()
    }

    /// −(gᵀδ + ½δᵀHδ).
    private func decrease(_ step: [Double], _ gradient: [Double], _ hessian: [Double]) -> Double {
        let size = step.count
        var total = 0.0
        for row in 0..<size {
            var product = 0.0
            for column in 0..<size { product += hessian[row * size + column] * step[column] }
            total -= step[row] * (gradient[row] + product / 2)
        }
        return total
    }

    private func isFlat(_ state: State, _ box: Coordinates) -> Bool {
        let (z, value, size) = (state.z, state.value, state.z.count)
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
