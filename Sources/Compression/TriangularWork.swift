import Kernels

/// A symmetric matrix being factored and inverted in place, block by block, in Double.
///
/// Its size is rounded up to whole blocks, with ones on the diagonal of what is added, so that no loop has an edge.
///
/// `@unchecked Sendable` because parallel bodies write disjoint rows or columns of a block.
final class TriangularWork: @unchecked Sendable {
    /// Rows and columns of a block.
    static let block = 64

    let stride: Int
    let values: UnsafeMutablePointer<Double>
    private let count: Int

    init(count: Int) {
        self.count = count
        stride = max(1, (count + Self.block - 1) / Self.block) * Self.block
        values = .allocate(capacity: stride * stride)
        values.initialize(repeating: 0, count: stride * stride)
        for row in count..<stride { values[row * stride + row] = 1 }
    }

    deinit { values.deallocate() }

    private func row(_ index: Int) -> UnsafeMutablePointer<Double> { values + index * stride }

    /// Replaces the lower triangle of A by L with A = LLᵀ; the row at which A is not positive definite, if there is one.
    func factorize() -> Int? {
        let block = Self.block
        let transposed = UnsafeMutablePointer<Double>.allocate(capacity: stride * block)
        defer { transposed.deallocate() }
        for start in Swift.stride(from: 0, to: stride, by: block) {
            for column in 0..<start {
                for lane in 0..<block { transposed[column * block + lane] = row(start + lane)[column] }
            }
            let left = Scratch(base: transposed)
            // What the columns before this block contribute to it, for the rows of the block and all below.
            Parallel.forEach((stride - start) / 4) { [self] index in
                let first = start + 4 * index
                for column in Swift.stride(from: 0, to: block, by: 8) {
                    Self.subtractProduct(
                        row(first), stride, left.base + column, block, depth: start,
                        from: row(first) + start + column, stride)
                }
            }
            if let failed = factorizeDiagonal(start) { return failed }
            Parallel.forEach(stride - start - block) { [self] index in solveRow(start + block + index, start) }
        }
        return nil
    }

    private func factorizeDiagonal(_ start: Int) -> Int? {
        for index in start..<start + Self.block {
            let current = row(index)
            var square = current[index]
            for column in start..<index { square -= current[column] * current[column] }
            guard square > 0, square.isFinite else { return min(index, count - 1) }
            current[index] = square.squareRoot()
            for below in index + 1..<start + Self.block {
                let other = row(below)
                var sum = other[index]
                for column in start..<index { sum -= other[column] * current[column] }
                other[index] = sum / current[index]
            }
        }
        return nil
    }

    /// Solves x·Lᵀ = a for a row below a factored diagonal block.
    private func solveRow(_ index: Int, _ start: Int) {
        let target = row(index)
        for column in start..<start + Self.block {
            let factor = row(column)
            var sum = target[column]
            for inner in start..<column { sum -= target[inner] * factor[inner] }
            target[column] = sum / factor[column]
        }
    }

    /// Replaces L by L⁻¹, block row by block row: the rows above are inverted already.
    func invert() {
        let block = Self.block
        let left = UnsafeMutablePointer<Double>.allocate(capacity: stride * block)
        defer { left.deallocate() }
        for start in Swift.stride(from: 0, to: stride, by: block) {
            for lane in 0..<block {
                (left + lane * stride).update(from: row(start + lane), count: start + block)
                (row(start + lane) + start).update(repeating: 0, count: block)
                row(start + lane)[start + lane] = 1
            }
            let factors = Scratch(base: left)
            Parallel.forEach((start + block) / 8) { [self] index in
                let column = 8 * index
                if column < start { multiplyStrip(factors.base, column, start) }
                solveStrip(factors.base + start, column, start)
            }
        }
    }

    /// Sets eight columns of a block row to −L·(inverse above).
    private func multiplyStrip(_ factors: UnsafeMutablePointer<Double>, _ column: Int, _ start: Int) {
        for lane in Swift.stride(from: 0, to: Self.block, by: 4) {
            let target = row(start + lane) + column
            for offset in 0..<4 { (target + offset * stride).update(repeating: 0, count: 8) }
            // Above the block that a column belongs to, the inverse is zero.
            let first = column / Self.block * Self.block
            Self.subtractProduct(
                factors + lane * stride + first, stride, row(first) + column, stride, depth: start - first,
                from: target, stride)
        }
    }

    /// Solves L·x = b for eight columns of a block row, with the block's own factor.
    private func solveStrip(_ factor: UnsafeMutablePointer<Double>, _ column: Int, _ start: Int) {
        for index in 0..<Self.block {
            let target = row(start + index) + column
            for lane in 0..<8 {
                var sum = target[lane]
                for inner in 0..<index { sum -= factor[index * stride + inner] * row(start + inner)[column + lane] }
                target[lane] = sum / factor[index * stride + index]
            }
        }
    }

    /// c −= a·b for 4 × 8 values of c: a has four rows, b eight columns, `depth` lies between.
    private static func subtractProduct(
        _ a: UnsafeMutablePointer<Double>, _ aStride: Int, _ b: UnsafeMutablePointer<Double>, _ bStride: Int,
        depth: Int, from c: UnsafeMutablePointer<Double>, _ cStride: Int
    ) {
        var (sum0, sum1, sum2, sum3) = (Eight.zero, Eight.zero, Eight.zero, Eight.zero)
        for inner in 0..<depth {
            let right = UnsafeRawPointer(b + inner * bStride).loadUnaligned(as: Eight.self)
            sum0.addProduct(right, a[inner])
            sum1.addProduct(right, a[aStride + inner])
            sum2.addProduct(right, a[2 * aStride + inner])
            sum3.addProduct(right, a[3 * aStride + inner])
        }
        for (offset, sum) in [sum0, sum1, sum2, sum3].enumerated() {
            for lane in 0..<8 { c[offset * cStride + lane] -= sum[lane] }
        }
    }
}

private typealias Eight = SIMD8<Double>

/// Memory that parallel bodies read.
///
/// `@unchecked Sendable` because nobody writes it meanwhile.
private struct Scratch: @unchecked Sendable {
    let base: UnsafeMutablePointer<Double>
}
