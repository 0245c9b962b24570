/// A Hadamard matrix H: n rows of ±1, each at right angles to all others, the first of them all 1.
///
/// Of order 2ᵏ·m it is Sylvester's of order 2ᵏ ⊗ one of order m: 1, or Paley's, which there is for m = q + 1 with a prime
/// q ≡ 3 mod 4 (I), and for m = 2(q + 1) with a prime q ≡ 1 mod 4 (II). So a product with a vector takes n·(k + m) additions.
package struct Hadamard: Sendable {
    package let order: Int
    /// m rows of m signs.
    private let base: [[Double]]

    /// Nil where none of these constructions gives that order.
    package init?(order: Int) {
        guard order > 0 else { return nil }
        var size = order
        var found: [[Double]]?
        // The smaller the base, the fewer additions.
        while true {
            found = Self.base(size) ?? found
            guard size.isMultiple(of: 2) else { break }
            size /= 2
        }
        guard let base = found else { return nil }
        self.order = order
        self.base = Self.withFirstRowOfOnes(base)
    }

    /// The orders nearest to one that has none, the one below and the one above.
    package static func nearest(to order: Int) -> [Int] {
        let below = stride(from: order - 1, to: 0, by: -1).first { Hadamard(order: $0) != nil }
        let above = (order + 1...2 * max(1, order)).first { Hadamard(order: $0) != nil }
        return [below, above].compactMap(\.self)
    }

    /// x ← H·x.
    package func multiply(_ values: inout MutableSpan<Double>) { multiply(&values, base) }

    /// x ← Hᵀ·x.
    package func multiplyTransposed(_ values: inout MutableSpan<Double>) {
        multiply(&values, base.indices.map { column in base.map { $0[column] } })
    }

    /// Sylvester's factor is symmetric; of either product the base is one part.
    private func multiply(_ values: inout MutableSpan<Double>, _ base: [[Double]]) {
        precondition(values.count == order, "a vector has as many elements as the matrix has columns")
        let size = base.count
        var width = size
        while width < order {
            for start in stride(from: 0, to: order, by: 2 * width) {
                for index in start..<start + width {
                    let (first, second) = (values[index], values[index + width])
                    values[index] = first + second
                    values[index + width] = first - second
                }
            }
            width *= 2
        }
        guard size > 1 else { return }
        var part = [Double](repeating: 0, count: size)
        for start in stride(from: 0, to: order, by: size) {
            for index in 0..<size { part[index] = values[start + index] }
            for row in 0..<size {
                values[start + row] = (0..<size).reduce(0) { $0 + base[row][$1] * part[$1] }
            }
        }
    }

    private static func withFirstRowOfOnes(_ rows: [[Double]]) -> [[Double]] {
        let signs = rows[0]
        return rows.map { row in zip(row, signs).map { $0 * $1 } }
    }

    /// A matrix of an order that is no double of another.
    private static func base(_ order: Int) -> [[Double]]? {
        if order == 1 { return [[1]] }
        guard order.isMultiple(of: 4) else { return nil }
        if isPrime(order - 1), (order - 1) % 4 == 3 { return paley(prime: order - 1) }
        let half = order / 2 - 1
        return isPrime(half) && half % 4 == 1 ? doubledPaley(prime: half) : nil
    }

    private static func isPrime(_ number: Int) -> Bool {
        guard number > 2 else { return number == 2 }
        var divisor = 2
        while divisor * divisor <= number {
            if number.isMultiple(of: divisor) { return false }
            divisor += 1
        }
        return true
    }

    /// [[0, 1…], [±1…, χ(i − j)]], χ being 1 for squares modulo the prime and −1 for others.
    private static func bordered(prime: Int, left: Double) -> [[Double]] {
        var character = [Double](repeating: -1, count: prime)
        character[0] = 0
        for root in 1..<prime { character[root * root % prime] = 1 }
        let first = [0] + [Double](repeating: 1, count: prime)
        return [first]
            + (0..<prime).map { row in
                [left] + (0..<prime).map { character[(row - $0 + prime) % prime] }
            }
    }

    /// I + S with S skew.
    private static func paley(prime: Int) -> [[Double]] {
        var rows = bordered(prime: prime, left: -1)
        for index in rows.indices { rows[index][index] += 1 }
        return rows
    }

    /// C ⊗ [[1, 1], [1, −1]] + I ⊗ [[1, −1], [−1, −1]] with C symmetric.
    private static func doubledPaley(prime: Int) -> [[Double]] {
        let rows = bordered(prime: prime, left: 1)
        return (0..<2 * rows.count).map { row in
            (0..<2 * rows.count).map { column in
                guard row / 2 == column / 2 else {
                    return rows[row / 2][column / 2] * (row % 2 == 1 && column % 2 == 1 ? -1 : 1)
                }
                return row % 2 == 0 && column % 2 == 0 ? 1 : -1
            }
        }
    }
}
