import Kernels

/// The eigenvalues and eigenvectors of a symmetric matrix in Double: Householder reduction to tridiagonal form, then
/// implicit QL steps (EISPACK's tred2 and tql2).
///
/// Cost about 9n³ for n rows. Eigenvectors lie row after row, so that a plane rotation of two of them goes through
/// memory in order. Their sign is whatever the steps give, the same in every run.
struct SymmetricEigenvalues {
    /// Falling.
    let values: [Double]
    /// Row i is the eigenvector of `values[i]`, of length 1.
    let vectors: [Double]

    /// Decomposes a matrix of `count` rows, row after row, of which the lower triangle is read.
    ///
    /// Nil where the steps do not converge, which only values that are not finite bring about.
    init?(_ matrix: [Double], count: Int) {
        let work = EigenWork(matrix, count: count)
        work.reduce()
        work.accumulate()
        guard work.iterate() else { return nil }
        let order = (0..<count).sorted { left, right in
            work.diagonal[left] == work.diagonal[right] ? left < right : work.diagonal[left] > work.diagonal[right]
        }
        values = order.map { work.diagonal[$0] }
        vectors = order.flatMap { UnsafeBufferPointer(start: work.row($0), count: count) }
    }
}

/// The matrix while it is reduced, then its eigenvectors.
///
/// `@unchecked Sendable` because parallel bodies write different rows.
private final class EigenWork: @unchecked Sendable {
    let count: Int
    /// Row after row; after `accumulate`, row i is the i-th column of the transformation.
    private let base: UnsafeMutablePointer<Double>
    var diagonal: [Double]
    private var below: [Double]
    /// Householder vectors of the steps, and 2/vᵀv of each.
    private var factors: [Double]

    init(_ matrix: [Double], count: Int) {
        self.count = count
        base = .allocate(capacity: max(1, count * count))
        for row in 0..<count {
            for column in 0...row {
                base[row * count + column] = matrix[row * count + column]
                base[column * count + row] = matrix[row * count + column]
            }
        }
        diagonal = Array(repeating: 0, count: count)
        below = Array(repeating: 0, count: count)
        factors = Array(repeating: 0, count: count)
    }

    deinit { base.deallocate() }

    func row(_ index: Int) -> UnsafeMutablePointer<Double> { base + index * count }

    /// A ← QᵀAQ, tridiagonal; row k keeps below the diagonal's neighbour the Householder vector of step k, which works
    /// on the entries behind k.
    func reduce() {
        let product = UnsafeMutablePointer<Double>.allocate(capacity: max(1, count))
        defer { product.deallocate() }
        for step in 0..<max(0, count - 1) {
            let (vector, first) = (row(step), step + 1)
            var norm = 0.0
            for index in first..<count { norm += vector[index] * vector[index] }
            norm = norm.squareRoot()
            diagonal[step] = vector[step]
            guard norm > 0 else { continue }
            let head = vector[first]
            let shifted = head >= 0 ? head + norm : head - norm
            below[first] = head >= 0 ? -norm : norm
            vector[first] = shifted
            let factor = 1 / (norm * shifted.magnitude)
            factors[step] = factor
            // p = factor·A·v, then w = p − ½·factor·(pᵀv)·v, then A −= v·wᵀ + w·vᵀ.
            let (source, target) = (Reading(vector), Writing(product))
            Parallel.forEach((count - first + 63) / 64) { [self] task in
                for index in first + 64 * task..<min(count, first + 64 * (task + 1)) {
                    target.base[index] = factor * Self.dot(row(index) + first, source.base + first, count - first)
                }
            }
            let half = 0.5 * factor * Self.dot(product + first, vector + first, count - first)
            for index in first..<count { product[index] -= half * vector[index] }
            Parallel.forEach((count - first + 63) / 64) { [self] task in
                for index in first + 64 * task..<min(count, first + 64 * (task + 1)) {
                    let (left, right, own) = (source.base[index], target.base[index], row(index))
                    for column in first..<count {
                        own[column] -= left * target.base[column] + right * source.base[column]
                    }
                }
            }
        }
        if count > 0 { diagonal[count - 1] = row(count - 1)[count - 1] }
    }

    /// Turns the Householder vectors into the transformation, its columns row after row.
    func accumulate() {
        let vectors = UnsafeMutablePointer<Double>.allocate(capacity: max(1, count * count))
        defer { vectors.deallocate() }
        vectors.update(from: base, count: count * count)
        for row in 0..<count {
            self.row(row).update(repeating: 0, count: count)
            self.row(row)[row] = 1
        }
        // Qᵀ = H_{n−2}…H_1·H_0 acts on rows: row i of Qᵀ is eᵢᵀQᵀ; each row is independent.
        let (source, steps) = (Reading(vectors), factors)
        Parallel.forEach(count) { [self] index in
            // Column i of Q = H_0·H_1…·e_i, built from the last reflection to the first.
            let target = row(index)
            for step in stride(from: count - 2, through: 0, by: -1) where steps[step] > 0 {
                let (vector, first) = (source.base + step * count, step + 1)
                let sum = steps[step] * Self.dot(vector + first, target + first, count - first)
                guard sum != 0 else { continue }
                for column in first..<count { target[column] -= sum * vector[column] }
            }
        }
    }

    /// Makes the tridiagonal matrix diagonal, turning the transformation with it.
    func iterate() -> Bool {
        guard count > 1 else { return true }
        for index in 1..<count { below[index - 1] = below[index] }
        below[count - 1] = 0
        for index in 0..<count {
            var iterations = 0
            while true {
                var split = index
                while split < count - 1 {
                    let size = diagonal[split].magnitude + diagonal[split + 1].magnitude
                    if below[split].magnitude <= Double.ulpOfOne * size { break }
                    split += 1
                }
                if split == index { break }
                guard iterations < 60, below[index].isFinite else { return false }
                iterations += 1
                step(index, split)
            }
        }
        return true
    }

    /// One implicit QL step on rows `first ... last`; its rotations are applied to the eigenvectors together.
    private func step(_ first: Int, _ last: Int) {
        var shift = (diagonal[first + 1] - diagonal[first]) / (2 * below[first])
        var radius = (shift * shift + 1).squareRoot()
        shift = diagonal[last] - diagonal[first] + below[first] / (shift + (shift >= 0 ? radius : -radius))
        var (sine, cosine, carry) = (1.0, 1.0, 0.0)
        var rotations: [(row: Int, sine: Double, cosine: Double)] = []
        rotations.reserveCapacity(last - first)
        var index = last - 1
        while index >= first {
            let (scaled, side) = (sine * below[index], cosine * below[index])
            radius = (scaled * scaled + shift * shift).squareRoot()
            below[index + 1] = radius
            guard radius > 0 else {
                diagonal[index + 1] -= carry
                below[last] = 0
                rotate(rotations)
                return
            }
            sine = scaled / radius
            cosine = shift / radius
            shift = diagonal[index + 1] - carry
            radius = (diagonal[index] - shift) * sine + 2 * cosine * side
            carry = sine * radius
            diagonal[index + 1] = shift + carry
            shift = cosine * radius - side
            rotations.append((index, sine, cosine))
            index -= 1
        }
        diagonal[first] -= carry
        below[first] = shift
        below[last] = 0
        rotate(rotations)
    }

    /// Turns neighbouring rows, in parallel over columns.
    private func rotate(_ rotations: [(row: Int, sine: Double, cosine: Double)]) {
        let width = 128
        Parallel.forEach((count + width - 1) / width) { [self] task in
            let columns = task * width..<min(count, (task + 1) * width)
            for (index, sine, cosine) in rotations {
                let (upper, lower) = (row(index), row(index + 1))
                for column in columns {
                    let (a, b) = (upper[column], lower[column])
                    lower[column] = sine * a + cosine * b
                    upper[column] = cosine * a - sine * b
                }
            }
        }
    }

    /// Σ a·b, in eight sums that are joined in a fixed order.
    private static func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int) -> Double {
        var sums = SIMD8<Double>.zero
        var index = 0
        while index + 8 <= count {
            sums.addProduct(
                UnsafeRawPointer(a + index).loadUnaligned(as: SIMD8<Double>.self),
                UnsafeRawPointer(b + index).loadUnaligned(as: SIMD8<Double>.self))
            index += 8
        }
        var sum = sums.sum()
        while index < count {
            sum += a[index] * b[index]
            index += 1
        }
        return sum
    }
}

/// Memory that parallel bodies read, sound because nobody writes it meanwhile.
private struct Reading: @unchecked Sendable {
    let base: UnsafePointer<Double>
    init(_ base: UnsafeMutablePointer<Double>) { self.base = UnsafePointer(base) }
}

/// Memory of which parallel bodies write disjoint parts.
private struct Writing: @unchecked Sendable {
    let base: UnsafeMutablePointer<Double>
    init(_ base: UnsafeMutablePointer<Double>) { self.base = base }
}
