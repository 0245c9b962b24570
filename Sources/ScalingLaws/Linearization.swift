import RealModule

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
    /// Mean ψ′: the share of residuals within Huber's δ (see `share`), 1 for least squares.
    let curvature: Double
    let freeCount: Int
    /// ψ, the objective's derivative by each residual: for least squares the residual, for Huber's at most δ.
    let scores: [Double]

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
        curvature = delta == .infinity ? 1 : Self.share(of: residuals, within: delta, free: free)
        scores = residuals.map { min(max($0, -delta), delta) }
        variance = rows > free ? squares / spare / curvature / curvature : .infinity
    }

    /// The share of errors within ±δ, from residuals of which `free` were put near 0 by the parameters.
    ///
    /// Where δ is small against the residuals too few lie within it to be counted, so those within a wider band are, and
    /// the errors taken to be spread evenly there: the density that the spread of least absolute deviations depends on
    /// (Koenker and Machado, 1999), with Silverman's bandwidth for the band.
    private static func share(of residuals: [Double], within delta: Double, free: Int) -> Double {
        let count = Double(residuals.count)
        let spare = max(count - Double(free), 1)
        let sizes = residuals.map { abs($0) }.sorted()
        let spread = 1.4826 * Interval.percentile(sizes, 0.5) * (count / spare).squareRoot()
        let band = max(delta, 1.06 * spread * .pow(count, -0.2))
        let inside = Double(max(residuals.count { abs($0) <= band } - free, 1))
        return min(inside / spare, 1) * delta / band
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
