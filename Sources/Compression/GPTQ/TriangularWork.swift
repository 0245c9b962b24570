import Kernels

/// A symmetric matrix being factored and inverted in place, block by block, in Double.
///
/// Its size is rounded up to whole blocks, with ones on the diagonal of what is added, so that no loop has an edge.
///
/// `@unchecked Sendable` because parallel bodies write disjoint rows or columns of a block.
final class TriangularWork: @unchecked Sendable {
    /// Rows and columns of a block.
    static let block = 64
    /// Rows that share a strip while it lies in the first cache, and the length of strip that does.
    private static let rowsPerTask = 32
    private static let depthPerPass = 256

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
        let strips = UnsafeMutablePointer<Double>.allocate(capacity: stride * block)
        defer { strips.deallocate() }
        for start in Swift.stride(from: 0, to: stride, by: block) {
            // Transposed in strips of eight columns, so that products read memory in order.
            for lane in 0..<block {
                let (source, target) = (row(start + lane), strips + lane / 8 * 8 * start + lane % 8)
                for column in 0..<start { target[8 * column] = source[column] }
            }
            let left = Scratch(base: strips)
            // What the columns before this block contribute to it, for the rows of the block and all below.
            Parallel.forEach((stride - start) / Self.rowsPerTask) { [self] index in
                subtractEarlier(left.base, rows: start + Self.rowsPerTask * index, start)
            }
            if let failed = factorizeDiagonal(start) { return failed }
            Parallel.forEach(stride - start - block) { [self] index in solveRow(start + block + index, start) }
        }
        return nil
    }

    /// Takes what the columns before a block contribute to it from some rows.
    private func subtractEarlier(_ strips: UnsafeMutablePointer<Double>, rows first: Int, _ start: Int) {
        for depth in Swift.stride(from: 0, to: start, by: Self.depthPerPass) {
            let count = min(Self.depthPerPass, start - depth)
            for column in Swift.stride(from: 0, to: Self.block, by: 8) {
                for index in Swift.stride(from: first, to: first + Self.rowsPerTask, by: 4) {
                    Self.subtractProduct(
                        row(index) + depth, stride, strips + column * start + 8 * depth, depth: count,
                        from: row(index) + start + column, stride)
                }
            }
        }
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
        // Above the block that a column belongs to, the inverse is zero.
        let first = column / Self.block * Self.block
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 8 * (start - first)) { memory in
            guard let strip = memory.baseAddress else { return }
            for index in first..<start { (strip + 8 * (index - first)).update(from: row(index) + column, count: 8) }
            for lane in 0..<Self.block { (row(start + lane) + column).update(repeating: 0, count: 8) }
            for depth in Swift.stride(from: first, to: start, by: Self.depthPerPass) {
                let count = min(Self.depthPerPass, start - depth)
                for lane in Swift.stride(from: 0, to: Self.block, by: 4) {
                    Self.subtractProduct(
                        factors + lane * stride + depth, stride, strip + 8 * (depth - first), depth: count,
                        from: row(start + lane) + column, stride)
                }
            }
        }
    }

    /// Solves L·x = b for eight columns of a block row, with the block's own factor.
    private func solveStrip(_ factor: UnsafeMutablePointer<Double>, _ column: Int, _ start: Int) {
        for index in 0..<Self.block {
            let target = row(start + index) + column
            var sum = UnsafeRawPointer(target).loadUnaligned(as: Eight.self)
            for inner in 0..<index {
                let above = UnsafeRawPointer(row(start + inner) + column).loadUnaligned(as: Eight.self)
                sum.addProduct(above, -factor[index * stride + inner])
            }
            UnsafeMutableRawPointer(target).storeBytes(of: sum / factor[index * stride + index], as: Eight.self)
        }
    }

    /// c −= a·b for 4 × 8 values of c: a has four rows, b is a strip of eight columns, `depth` lies between.
    private static func subtractProduct(
        _ a: UnsafeMutablePointer<Double>, _ aStride: Int, _ b: UnsafeMutablePointer<Double>, depth: Int,
        from c: UnsafeMutablePointer<Double>, _ cStride: Int
    ) {
        var (sum0, sum1, sum2, sum3) = (Eight.zero, Eight.zero, Eight.zero, Eight.zero)
        for inner in 0..<depth {
            let right = UnsafeRawPointer(b + 8 * inner).loadUnaligned(as: Eight.self)
            sum0.addProduct(right, a[inner])
            sum1.addProduct(right, a[aStride + inner])
            sum2.addProduct(right, a[2 * aStride + inner])
            sum3.addProduct(right, a[3 * aStride + inner])
        }
        subtract(sum0, from: c)
        subtract(sum1, from: c + cStride)
        subtract(sum2, from: c + 2 * cStride)
        subtract(sum3, from: c + 3 * cStride)
    }

    @inline(__always)
    private static func subtract(_ sum: Eight, from c: UnsafeMutablePointer<Double>) {
        let difference = UnsafeRawPointer(c).loadUnaligned(as: Eight.self) - sum
        UnsafeMutableRawPointer(c).storeBytes(of: difference, as: Eight.self)
    }
}

private typealias Eight = SIMD8<Double>

/// Memory that parallel bodies read.
///
/// `@unchecked Sendable` because nobody writes it meanwhile.
private struct Scratch: @unchecked Sendable {
    let base: UnsafeMutablePointer<Double>
}
