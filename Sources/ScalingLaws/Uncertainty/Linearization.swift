import Mathematics
import RealModule

/// A fit's residuals and their derivatives at the optimum: what covariances and designs come from.
struct Linearization: Sendable {
    let rows: Int
    let columns: Int
    let residuals: [Double]
    /// ∂rᵢ/∂z row major; 0 for coordinates at a bound, which the data do not move.
    let jacobian: [Double]
    /// (JᵀJ)⁺, row major, over the coordinates that are off their bounds.
    let inverse: [Double]
    /// The inverse of mean ψ′ at the residuals' places, Σ ψ′ᵢJᵢᵀJᵢ over the mean ψ′.
    ///
    /// That of the rows in the band in which `curvature` counts them, to the size of JᵀJ (Powell, 1991); `inverse` for
    /// least squares, or with too few rows there. Where errors are large few lie in the band, so noisy rows weigh
    /// little.
    let bread: [Double]
    /// For each coordinate, whether the data say nothing about it by itself.
    let isNull: [Bool]
    /// Σψ²/(rows − coordinates off their bounds)/(mean ψ′)², ψ the objective's derivative by the residual: for least
    /// squares the residual variance.
    let variance: Double
    /// Mean ψ′.
    let curvature: Curvature
    /// Huber's δ; infinite for least squares.
    let delta: Double
    let freeCount: Int
    /// ψ, the objective's derivative by each residual: for least squares the residual, for Huber's at most δ.
    let scores: [Double]
    /// Whether ψ moves with the residual: within ±δ it does.
    private let followers: [Bool]
    /// (JᵀJ)⁺ of those rows alone.
    private let followed: [Double]

    init?(_ problem: inout Problem, at z: [Double]) {
        guard let (residuals, raw) = problem.linearized(at: z) else { return nil }
        let (rows, columns) = (residuals.count, z.count)
        let box = problem.coordinates
        let isStopped = z.indices.map { z[$0] <= box.lower[$0] || z[$0] >= box.upper[$0] }
        var jacobian = raw
        for row in 0..<rows {
            for column in 0..<columns where isStopped[column] { jacobian[row * columns + column] = 0 }
        }
        (inverse, isNull) = Self.pseudoinverse(Self.normal(jacobian, columns, 0..<rows), columns, isStopped)
        self.residuals = residuals
        self.jacobian = jacobian
        self.rows = rows
        self.columns = columns
        let free = isStopped.count { !$0 }
        freeCount = free
        delta = problem.observations.objective.delta ?? .infinity
        let bound = delta * delta
        let squares = residuals.reduce(0) { $0 + min($1 * $1, bound) }
        let spare = Double(max(rows - free, 1))
        curvature =
            delta == .infinity ? .leastSquares : Curvature(of: residuals, within: delta, free: free)
        let limit = delta
        followers = residuals.map { abs($0) <= limit }
        let following = residuals.indices.filter { abs(residuals[$0]) <= limit }
        followed =
            following.count == rows
            ? inverse : Self.pseudoinverse(Self.normal(jacobian, columns, following), columns, isStopped).inverse
        let band = curvature.band
        let inside = residuals.indices.filter { abs(residuals[$0]) <= band }
        bread =
            inside.count == rows
            ? inverse : Self.bread(inside, jacobian, columns, isStopped, isNull, inverse)
        scores = residuals.map { min(max($0, -limit), limit) }
        variance = rows > free ? squares / spare / curvature.value / curvature.value : .infinity
    }

    private static func bread(
        _ inside: [Int], _ jacobian: [Double], _ columns: Int, _ isStopped: [Bool], _ isNull: [Bool],
        _ inverse: [Double]
    ) -> [Double] {
        let (part, silent) = pseudoinverse(normal(jacobian, columns, inside), columns, isStopped)
        let leverage = inside.reduce(0) { $0 + form(jacobian, columns, $1, inverse, $1) }
        guard silent == isNull, leverage > 0 else { return inverse }
        let free = Double(isStopped.indices.count { !isStopped[$0] && !isNull[$0] })
        return part.map { $0 * leverage / free }
    }

    /// JᵀJ over some rows.
    private static func normal(_ jacobian: [Double], _ columns: Int, _ rows: some Sequence<Int>) -> [Double] {
        var normal = [Double](repeating: 0, count: columns * columns)
        for row in rows {
            for a in 0..<columns {
                for b in 0..<columns {
                    normal[a * columns + b] += jacobian[row * columns + a] * jacobian[row * columns + b]
                }
            }
        }
        return normal
    }

    /// Inverts where the matrix, scaled to a unit diagonal, has eigenvalues above 1e-11; elsewhere the data are silent.
    private static func pseudoinverse(
        _ matrix: [Double], _ size: Int, _ isStopped: [Bool]
    ) -> (inverse: [Double], isNull: [Bool]) {
        let scale = (0..<size).map { matrix[$0 * size + $0] > 0 ? 1 / matrix[$0 * size + $0].squareRoot() : 0 }
        let scaled = matrix.indices.map { matrix[$0] * scale[$0 / size] * scale[$0 % size] }
        guard let eigen = SymmetricEigen(scaled, count: size) else {
            return ([Double](repeating: .nan, count: size * size), [Bool](repeating: true, count: size))
        }
        let inverse = eigen.applying { $0 > 1e-11 ? 1 / $0 : 0 }
        let isNull = (0..<size).map { index in
            guard !isStopped[index], scale[index] > 0 else { return !isStopped[index] }
            return (0..<size).contains { k in
                eigen.values[k] <= 1e-11 && abs(eigen.vectors[k * size + index]) > 0.1
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

    /// How the score at one row follows the other's error: 0 of rows beyond ±δ, whose scores stay.
    func scoreLeverage(_ a: Int, _ b: Int) -> Double {
        followers[a] && followers[b] ? Self.form(jacobian, columns, a, followed, b) : 0
    }

    private static func form(
        _ jacobian: [Double], _ columns: Int, _ a: Int, _ inverse: [Double], _ b: Int
    ) -> Double {
        var sum = 0.0
        for row in 0..<columns {
            var product = 0.0
            for column in 0..<columns { product += inverse[row * columns + column] * jacobian[b * columns + column] }
            sum += jacobian[a * columns + row] * product
        }
        return sum
    }
}
