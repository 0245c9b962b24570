/// A fit's residuals and their derivatives at the optimum: what covariances, leverages and designs come from.
struct Linearization: Sendable {
    let rows: Int
    let columns: Int
    let residuals: [Double]
    /// ∂rᵢ/∂z row major; 0 for coordinates at a bound, which the data do not move.
    let jacobian: [Double]
    /// (JᵀJ)⁺, row major, over the coordinates that are off their bounds.
    let inverse: [Double]
    /// For each coordinate, whether the data say nothing about it by itself.
    let isNull: [Bool]
    /// Σψ²/(rows − coordinates off their bounds)/(mean ψ′)², ψ the objective's derivative by the residual: for least
    /// squares the residual variance.
    let variance: Double
    /// Mean ψ′: the share of residuals within Huber's δ, not counting those that the parameters put there.
    let curvature: Double
    let freeCount: Int

    init?(_ problem: inout Problem, at z: [Double]) {
        guard let (residuals, raw) = problem.linearized(at: z) else { return nil }
        let (rows, columns) = (residuals.count, z.count)
        let box = problem.coordinates
        let isStopped = z.indices.map { z[$0] <= box.lower[$0] || z[$0] >= box.upper[$0] }
        var jacobian = raw
        for row in 0..<rows {
            for column in 0..<columns where isStopped[column] { jacobian[row * columns + column] = 0 }
        }
        var normal = [Double](repeating: 0, count: columns * columns)
        for row in 0..<rows {
            for a in 0..<columns {
                for b in 0..<columns {
                    normal[a * columns + b] += jacobian[row * columns + a] * jacobian[row * columns + b]
                }
            }
        }
        (inverse, isNull) = Self.pseudoinverse(normal, columns, isStopped)
        self.residuals = residuals
        self.jacobian = jacobian
        self.rows = rows
        self.columns = columns
        let free = isStopped.count { !$0 }
        freeCount = free
        let delta = problem.observations.objective.delta ?? .infinity
        let squares = residuals.reduce(0) { $0 + min($1 * $1, delta * delta) }
        let spare = Double(max(rows - free, 1))
        let inside = Double(max(residuals.count { abs($0) <= delta } - free, 1)) / spare
        curvature = delta == .infinity ? 1 : min(inside, 1)
        variance = rows > free ? squares / spare / curvature / curvature : .infinity
    }

    /// Inverts where the matrix, scaled to a unit diagonal, has eigenvalues above 1e-11; elsewhere the data are silent.
    private static func pseudoinverse(
        _ matrix: [Double], _ size: Int, _ isStopped: [Bool]
    ) -> (inverse: [Double], isNull: [Bool]) {
        let scale = (0..<size).map { matrix[$0 * size + $0] > 0 ? 1 / matrix[$0 * size + $0].squareRoot() : 0 }
        let scaled = matrix.indices.map { matrix[$0] * scale[$0 / size] * scale[$0 % size] }
        let eigen = SymmetricEigen(scaled, size: size)
        let inverse = eigen.applying { $0 > 1e-11 ? 1 / $0 : 0 }
        let isNull = (0..<size).map { index in
            guard !isStopped[index], scale[index] > 0 else { return !isStopped[index] }
            return (0..<size).contains { k in
                eigen.values[k] <= 1e-11 && abs(eigen.vectors[index * size + k]) > 0.1
            }
        }
        return (inverse.indices.map { inverse[$0] * scale[$0 / size] * scale[$0 % size] }, isNull)
    }

    /// Variance by the delta method of a quantity with these derivatives by z.
    func variance(of gradient: [Double]) -> Double {
        var sum = 0.0
        for row in 0..<columns {
            for column in 0..<columns { sum += gradient[row] * inverse[row * columns + column] * gradient[column] }
        }
        return sum * variance
    }

    /// J·(JᵀJ)⁺ at a row and column.
    func solved(_ row: Int, _ column: Int) -> Double {
        var sum = 0.0
        for k in 0..<columns { sum += jacobian[row * columns + k] * inverse[k * columns + column] }
        return sum
    }

    /// J·(JᵀJ)⁺·Jᵀ between two rows.
    func leverage(_ a: Int, _ b: Int) -> Double {
        var sum = 0.0
        for row in 0..<columns {
            var product = 0.0
            for column in 0..<columns { product += inverse[row * columns + column] * jacobian[b * columns + column] }
            sum += jacobian[a * columns + row] * product
        }
        return sum
    }
}
