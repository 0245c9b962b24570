import Mathematics

/// Minimises gᵀδ + ½δᵀHδ over low ≤ δ ≤ high, H positive definite, low ≤ 0 ≤ high, by a primal active set.
package struct BoxQuadratic {
    private let hessian: [Double]
    private let gradient: [Double]
    private let low: [Double]
    private let high: [Double]
    private var size: Int { gradient.count }

    /// The Hessian is row major.
    package init(hessian: [Double], gradient: [Double], low: [Double], high: [Double]) {
        self.hessian = hessian
        self.gradient = gradient
        self.low = low
        self.high = high
    }

    /// The minimiser; nil if the Hessian is not positive definite.
    package func minimizer() -> [Double]? {
        var step = [Double](repeating: 0, count: size)
        var isHeld = (0..<size).map { (low[$0] == 0 && gradient[$0] >= 0) || (high[$0] == 0 && gradient[$0] <= 0) }
        for _ in 0..<(8 * size + 8) {
            let slope = slope(at: step)
            guard let direction = direction(slope, isHeld) else { return nil }
            if let blocking = advance(&step, along: direction) {
                isHeld[blocking] = true
                continue
            }
            guard let released = mostWrong(self.slope(at: step), step, isHeld) else { return step }
            isHeld[released] = false
        }
        return step
    }

    private func slope(at step: [Double]) -> [Double] {
        (0..<size).map { row in
            var sum = gradient[row]
            for column in 0..<size { sum += hessian[row * size + column] * step[column] }
            return sum
        }
    }

    /// The Newton direction in the coordinates that are not held.
    private func direction(_ slope: [Double], _ isHeld: [Bool]) -> [Double]? {
        let free = (0..<size).filter { !isHeld[$0] }
        var direction = [Double](repeating: 0, count: size)
        guard !free.isEmpty else { return direction }
        let part = free.flatMap { row in free.map { hessian[row * size + $0] } }
        guard let factor = Cholesky(part, size: free.count) else { return nil }
        for (index, value) in zip(free, factor.solve(free.map { -slope[$0] })) { direction[index] = value }
        return direction
    }

    /// Goes as far as the box allows; the coordinate that stopped it, if one did.
    private func advance(_ step: inout [Double], along direction: [Double]) -> Int? {
        var reach = 1.0
        var blocking: Int?
        for index in 0..<size where direction[index] != 0 {
            let room = direction[index] > 0 ? high[index] - step[index] : low[index] - step[index]
            let ratio = room / direction[index]
            if ratio < reach {
                reach = max(ratio, 0)
                blocking = index
            }
        }
        for index in 0..<size where direction[index] != 0 {
            step[index] = min(max(step[index] + reach * direction[index], low[index]), high[index])
        }
        if let blocking { step[blocking] = direction[blocking] > 0 ? high[blocking] : low[blocking] }
        return blocking
    }

    /// The held coordinate that would most lower the value by leaving its bound.
    private func mostWrong(_ slope: [Double], _ step: [Double], _ isHeld: [Bool]) -> Int? {
        var worst: (index: Int, gain: Double)?
        for index in 0..<size where isHeld[index] {
            let wantsUp = step[index] == low[index] && slope[index] < 0 && step[index] < high[index]
            let wantsDown = step[index] == high[index] && slope[index] > 0 && step[index] > low[index]
            guard wantsUp || wantsDown else { continue }
            let gain = slope[index] * slope[index] / hessian[index * size + index]
            if gain > (worst?.gain ?? 1e-30) { worst = (index, gain) }
        }
        return worst?.index
    }
}
