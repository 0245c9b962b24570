import Kernels

/// The eigenvalues and eigenvectors of a symmetric matrix: Householder reduction to tridiagonal form, then implicit QL
/// steps (EISPACK's tred2 and tql2).
///
/// Cost about 9n³ for n rows, on all cores where there are many. Eigenvectors lie row after row, so that a plane rotation
/// of two of them goes through memory in order. Their sign is whatever the steps give, the same in every run.
package struct SymmetricEigen {
    /// Falling.
    package let values: [Double]
    /// Row i is the eigenvector of `values[i]`, of length 1.
    package let vectors: [Double]

    /// Decomposes a matrix of `count` rows, row after row, of which the lower triangle is read.
    ///
    /// Nil where the steps do not converge, which only values that are not finite bring about.
    package init?(_ matrix: [Double], count: Int) {
        var work = Tridiagonalization(matrix, count: count)
        work.reduce()
        work.accumulate()
        guard work.iterate() else { return nil }
        let diagonal = work.diagonal
        let order = (0..<count).sorted { left, right in
            diagonal[left] == diagonal[right] ? left < right : diagonal[left] > diagonal[right]
        }
        values = order.map { diagonal[$0] }
        var vectors: [Double] = []
        vectors.reserveCapacity(count * count)
        for index in order {
            work.table.readRow(index) { row in for column in row.indices { vectors.append(row[column]) } }
        }
        self.vectors = vectors
    }

    /// Σ f(λ)vvᵀ, row after row.
    package func applying(_ function: (Double) -> Double) -> [Double] {
        let size = values.count
        var result = [Double](repeating: 0, count: size * size)
        for (index, value) in values.enumerated() {
            let (scale, own) = (function(value), index * size)
            for row in 0..<size {
                for column in 0..<size {
                    result[row * size + column] += scale * vectors[own + row] * vectors[own + column]
                }
            }
        }
        return result
    }
}

/// A matrix while it is reduced, then its eigenvectors.
private struct Tridiagonalization {
    let count: Int
    /// Row after row; after `accumulate`, row i is the i-th column of the transformation.
    let table: RowTable<Double>
    private(set) var diagonal: [Double]
    private var below: [Double]
    /// 2/vᵀv of each step's Householder vector.
    private var factors: [Double]

    private static let rowsPerTask = 64

    init(_ matrix: [Double], count: Int) {
        precondition(matrix.count == count * count)
        self.count = count
        table = RowTable(rows: count, columns: count, repeating: 0)
        for row in 0..<count {
            table.withRow(row) { values in
                for column in 0..<count {
                    values[column] = matrix[max(row, column) * count + min(row, column)]
                }
            }
        }
        diagonal = Array(repeating: 0, count: count)
        below = Array(repeating: 0, count: count)
        factors = Array(repeating: 0, count: count)
    }

    /// A ← QᵀAQ, tridiagonal; row k keeps below the diagonal's neighbour the Householder vector of step k, which works on
    /// the entries behind k.
    mutating func reduce() {
        for step in 0..<max(0, count - 1) {
            let first = step + 1
            var vector = table.readRow(step) { row in (first..<count).map { row[$0] } }
            var norm = 0.0
            for value in vector { norm += value * value }
            norm = norm.squareRoot()
            diagonal[step] = table.readRow(step) { $0[step] }
            // What is not a number goes on, for `iterate` to refuse.
            guard norm != 0 else { continue }
            let head = vector[0]
            let shifted = head >= 0 ? head + norm : head - norm
            below[first] = head >= 0 ? -norm : norm
            vector[0] = shifted
            table.withRow(step) { $0[first] = shifted }
            let factor = 1 / (norm * shifted.magnitude)
            factors[step] = factor
            update(first, vector, factor)
        }
        if count > 0 { diagonal[count - 1] = table.readRow(count - 1) { $0[count - 1] } }
    }

    /// p = factor·A·v, then w = p − ½·factor·(pᵀv)·v, then A −= v·wᵀ + w·vᵀ, for the rows and columns from `first` on.
    private func update(_ first: Int, _ vector: [Double], _ factor: Double) {
        let tasks = (count - first + Self.rowsPerTask - 1) / Self.rowsPerTask
        @Sendable func rows(_ task: Int) -> Range<Int> {
            first + Self.rowsPerTask * task..<min(count, first + Self.rowsPerTask * (task + 1))
        }
        var product = Parallel.map(tasks) { task in
            rows(task).map { row in factor * table.readRow(row) { dot($0.extracting(first...), vector.span) } }
        }.flatMap { $0 }
        let half = 0.5 * factor * dot(product.span, vector.span)
        for index in product.indices { product[index] -= half * vector[index] }
        let w = product
        Parallel.forEach(tasks) { task in
            for row in rows(task) {
                table.withRow(row, columns: first..<count) { own in
                    Self.subtract(vector[row - first], w.span, w[row - first], vector.span, from: &own)
                }
            }
        }
    }

    /// target −= a·x + b·y.
    private static func subtract(
        _ a: Double, _ x: Span<Double>, _ b: Double, _ y: Span<Double>, from target: inout MutableSpan<Double>
    ) {
        precondition(x.count == target.count && y.count == target.count)
        for column in 0..<target.count { target[column] -= a * x[column] + b * y[column] }
    }

    /// Turns the Householder vectors into the transformation, its columns row after row.
    func accumulate() {
        let vectors = RowTable(rows: count, columns: count, repeating: 0.0)
        for row in 0..<count {
            vectors.withRow(row) { copy in
                table.withRow(row) { own in
                    for column in 0..<count { (copy[column], own[column]) = (own[column], column == row ? 1 : 0) }
                }
            }
        }
        // Qᵀ = H_{n−2}…H_1·H_0 acts on rows: row i of Qᵀ is eᵢᵀQᵀ; each row is independent.
        let perTask = 8
        Parallel.forEach((count + perTask - 1) / perTask) { task in
            let rows = perTask * task..<min(count, perTask * (task + 1))
            // Column i of Q = H_0·H_1…·e_i, built from the last reflection to the first; a vector serves all rows of a task.
            for step in stride(from: count - 2, through: 0, by: -1) where factors[step] > 0 {
                vectors.readRow(step) { vector in
                    for row in rows { table.withRow(row) { reflect(&$0, vector.extracting((step + 1)...), step) } }
                }
            }
        }
    }

    /// Reflects a row by the vector of a step.
    private func reflect(_ target: inout MutableSpan<Double>, _ vector: Span<Double>, _ step: Int) {
        let first = step + 1
        let sum = factors[step] * dot(vector, target.span.extracting(first...))
        guard sum != 0 else { return }
        for column in 0..<vector.count { target[first + column] -= sum * vector[column] }
    }

    /// Makes the tridiagonal matrix diagonal, turning the transformation with it.
    mutating func iterate() -> Bool {
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
                rotate(step(index, split))
            }
        }
        return true
    }

    /// A rotation of two neighbouring rows.
    private struct Rotation {
        let row: Int
        let sine: Double
        let cosine: Double
    }

    /// One implicit QL step on rows `first ... last`; its rotations are applied to the eigenvectors together.
    private mutating func step(_ first: Int, _ last: Int) -> [Rotation] {
        var shift = (diagonal[first + 1] - diagonal[first]) / (2 * below[first])
        var radius = (shift * shift + 1).squareRoot()
        shift = diagonal[last] - diagonal[first] + below[first] / (shift + (shift >= 0 ? radius : -radius))
        var (sine, cosine, carry) = (1.0, 1.0, 0.0)
        var rotations: [Rotation] = []
        rotations.reserveCapacity(last - first)
        var index = last - 1
        while index >= first {
            let (scaled, side) = (sine * below[index], cosine * below[index])
            radius = (scaled * scaled + shift * shift).squareRoot()
            below[index + 1] = radius
            guard radius > 0 else {
                diagonal[index + 1] -= carry
                below[last] = 0
                return rotations
            }
            sine = scaled / radius
            cosine = shift / radius
            shift = diagonal[index + 1] - carry
            radius = (diagonal[index] - shift) * sine + 2 * cosine * side
            carry = sine * radius
            diagonal[index + 1] = shift + carry
            shift = cosine * radius - side
            rotations.append(Rotation(row: index, sine: sine, cosine: cosine))
            index -= 1
        }
        diagonal[first] -= carry
        below[first] = shift
        below[last] = 0
        return rotations
    }

    /// Turns neighbouring rows, in parallel over columns: each rotation takes the row above the one before.
    private func rotate(_ rotations: [Rotation]) {
        guard let first = rotations.first, let last = rotations.last else { return }
        let width = TurnedColumns.width
        Parallel.forEach((count + width - 1) / width) { task in
            let columns = task * width..<min(count, (task + 1) * width)
            // What a rotation makes of its upper row the next one takes as its lower row: it stays in registers.
            var lower = table.withRow(first.row + 1, columns: columns) { TurnedColumns($0.span) }
            for rotation in rotations {
                let upper = table.withRow(rotation.row, columns: columns) { TurnedColumns($0.span) }
                let turned = lower.turned(upper, sine: rotation.sine, cosine: rotation.cosine)
                table.withRow(rotation.row + 1, columns: columns) { turned.store(into: &$0) }
            }
            table.withRow(last.row, columns: columns) { lower.store(into: &$0) }
        }
    }
}

/// Some columns of a row, in registers.
private struct TurnedColumns {
    static let width = 32

    private var a, b, c, d: SIMD8<Double>

    /// At most `width` values; the rest is 0.
    @inline(__always)
    init(_ values: Span<Double>) {
        (a, b, c, d) = (.zero, .zero, .zero, .zero)
        if values.count == Self.width {
            a = Self.eight(values, 0)
            b = Self.eight(values, 8)
            c = Self.eight(values, 16)
            d = Self.eight(values, 24)
        } else {
            for index in values.indices { self[index] = values[index] }
        }
    }

    @inline(__always)
    private static func eight(_ values: Span<Double>, _ index: Int) -> SIMD8<Double> {
        values.bytes.number(SIMD8<Double>.self, at: 8 * index)
    }

    /// The value in a column.
    private subscript(_ index: Int) -> Double {
        get {
            switch index / 8 {
            case 0: a[index % 8]
            case 1: b[index % 8]
            case 2: c[index % 8]
            default: d[index % 8]
            }
        }
        set {
            switch index / 8 {
            case 0: a[index % 8] = newValue
            case 1: b[index % 8] = newValue
            case 2: c[index % 8] = newValue
            default: d[index % 8] = newValue
            }
        }
    }

    /// Becomes cosine·upper − sine·this, and gives sine·upper + cosine·this.
    @inline(__always)
    mutating func turned(_ upper: TurnedColumns, sine: Double, cosine: Double) -> TurnedColumns {
        var result = self
        result.a = Self.turn(&a, upper.a, sine, cosine)
        result.b = Self.turn(&b, upper.b, sine, cosine)
        result.c = Self.turn(&c, upper.c, sine, cosine)
        result.d = Self.turn(&d, upper.d, sine, cosine)
        return result
    }

    @inline(__always)
    private static func turn(
        _ lower: inout SIMD8<Double>, _ upper: SIMD8<Double>, _ sine: Double, _ cosine: Double
    ) -> SIMD8<Double> {
        let turned = sine * upper + cosine * lower
        lower = cosine * upper - sine * lower
        return turned
    }

    @inline(__always)
    func store(into target: inout MutableSpan<Double>) {
        if target.count == Self.width {
            var bytes = target.mutableBytes
            bytes.storeBytes(of: a, toByteOffset: 0, as: SIMD8<Double>.self)
            bytes.storeBytes(of: b, toByteOffset: 64, as: SIMD8<Double>.self)
            bytes.storeBytes(of: c, toByteOffset: 128, as: SIMD8<Double>.self)
            bytes.storeBytes(of: d, toByteOffset: 192, as: SIMD8<Double>.self)
        } else {
            for index in target.indices { target[index] = self[index] }
        }
    }
}

/// Σ a·b, in eight sums that are joined in a fixed order.
private func dot(_ a: Span<Double>, _ b: Span<Double>) -> Double {
    precondition(a.count == b.count)
    var sums = SIMD8<Double>.zero
    var index = 0
    while index + 8 <= a.count {
        // Sound because any bytes are a number; that they are there is checked.
        sums.addProduct(
            a.bytes.unsafeLoadUnaligned(fromByteOffset: 8 * index, as: SIMD8<Double>.self),
            b.bytes.unsafeLoadUnaligned(fromByteOffset: 8 * index, as: SIMD8<Double>.self))
        index += 8
    }
    var sum = sums.sum()
    while index < a.count {
        sum += a[index] * b[index]
        index += 1
    }
    return sum
}
