import Kernels

/// A symmetric matrix being factored and inverted in place, block by block, on all cores.
///
/// Its size is rounded up to whole blocks, with ones on the diagonal of what is added, so that no loop has an edge.
package struct BlockedCholesky {
    /// Rows and columns of a block.
    private static let block = 64
    /// Rows that share a strip while it lies in the first cache, and the length of strip that does.
    private static let rowsPerTask = 32
    private static let depthPerPass = 256

    private let count: Int
    private let stride: Int
    private let table: RowTable<Double>

    /// Takes the lower triangle of a matrix of `count` rows, row by row: `fill` writes the columns up to the row's own.
    package init(count: Int, fill: (_ row: Int, _ values: inout MutableSpan<Double>) -> Void) {
        self.count = count
        stride = max(1, (count + Self.block - 1) / Self.block) * Self.block
        table = RowTable(rows: stride, columns: stride, repeating: 0)
        for row in 0..<count { table.withRow(row, columns: 0..<row + 1) { fill(row, &$0) } }
        for row in count..<stride { table.withRow(row) { $0[row] = 1 } }
    }

    /// Lends a row up to its diagonal, as it is now.
    package func readRow<R>(_ row: Int, _ body: (Span<Double>) -> R) -> R {
        table.readRow(row) { body($0.extracting(0..<row + 1)) }
    }

    /// Replaces the lower triangle of A by L with A = LLᵀ; the row at which A is not positive definite, if there is one.
    package func factorize() -> Int? {
        let block = Self.block
        for start in Swift.stride(from: 0, to: stride, by: block) {
            let strips = strips(start)
            // What the columns before this block contribute to it, for the rows of the block and all below.
            Parallel.forEach((stride - start) / Self.rowsPerTask) { index in
                let first = start + Self.rowsPerTask * index
                table.withRows(first..<first + Self.rowsPerTask) { subtractEarlier(strips.span, from: &$0, start) }
            }
            let failed = table.withRows(start..<start + block) {
                Mathematics.factorize(&$0, size: block, stride: stride, firstColumn: start, leastPivot: 0)
            }
            if let failed { return min(start + failed, count - 1) }
            let diagonal = diagonalBlock(start)
            Parallel.forEach(stride - start - block) { index in
                table.withRow(start + block + index, columns: start..<start + block) { solve(&$0, diagonal.span) }
            }
        }
        return nil
    }

    /// The rows of a block up to its own columns, transposed in strips of eight, so that products read memory in order.
    private func strips(_ start: Int) -> [Double] {
        var strips = [Double](repeating: 0, count: start * Self.block)
        for lane in 0..<Self.block {
            let first = lane / 8 * 8 * start + lane % 8
            table.readRow(start + lane) { row in
                for column in 0..<start { strips[first + 8 * column] = row[column] }
            }
        }
        return strips
    }

    /// Takes what the columns before a block contribute to it from some rows.
    private func subtractEarlier(_ strips: Span<Double>, from rows: inout MutableSpan<Double>, _ start: Int) {
        for depth in Swift.stride(from: 0, to: start, by: Self.depthPerPass) {
            let count = min(Self.depthPerPass, start - depth)
            for column in Swift.stride(from: 0, to: Self.block, by: 8) {
                for row in Swift.stride(from: 0, to: Self.rowsPerTask, by: 4) {
                    let sums = FourRows(
                        rows.span, at: row * stride + depth, stride: stride, strips, at: column * start + 8 * depth,
                        depth: count)
                    sums.subtract(from: &rows, at: row * stride + start + column, stride: stride)
                }
            }
        }
    }

    /// A factored block on the diagonal, row after row.
    private func diagonalBlock(_ start: Int) -> [Double] {
        (start..<start + Self.block).flatMap { row in
            table.readRow(row) { values in (start..<start + Self.block).map { values[$0] } }
        }
    }

    /// Solves x·Lᵀ = a for a row below a factored diagonal block.
    private func solve(_ target: inout MutableSpan<Double>, _ factor: Span<Double>) {
        for column in 0..<Self.block {
            let own = column * Self.block
            var sum = target[column]
            for inner in 0..<column { sum -= target[inner] * factor[own + inner] }
            target[column] = sum / factor[own + column]
        }
    }

    /// Replaces L by L⁻¹, block row by block row: the rows above are inverted already.
    package func invert() {
        let block = Self.block
        for start in Swift.stride(from: 0, to: stride, by: block) {
            let factors = (start..<start + block).flatMap { row in
                table.readRow(row) { values in (0..<start + block).map { values[$0] } }
            }
            Parallel.forEach((start + block) / 8) { index in
                let column = 8 * index
                var rows = [Eight](repeating: .zero, count: block)
                if column < start {
                    multiply(factors.span, strip(column, start), &rows, start)
                } else {
                    for lane in 0..<8 { rows[column - start + lane][lane] = 1 }
                }
                solve(factors.span, &rows, start)
                for (lane, values) in rows.enumerated() {
                    table.withRow(start + lane, columns: column..<column + 8) { target in
                        for index in 0..<8 { target[index] = values[index] }
                    }
                }
            }
        }
    }

    /// Above the block that a column belongs to, the inverse is zero.
    private static func first(_ column: Int) -> Int { column / block * block }

    /// Eight columns of the inverse above a block row.
    private func strip(_ column: Int, _ start: Int) -> [Double] {
        var strip: [Double] = []
        strip.reserveCapacity(8 * (start - Self.first(column)))
        for row in Self.first(column)..<start {
            table.withRow(row, columns: column..<column + 8) { values in
                for index in 0..<8 { strip.append(values[index]) }
            }
        }
        return strip
    }

    /// Sets eight columns of a block row to −L·(inverse above).
    private func multiply(_ factors: Span<Double>, _ strip: [Double], _ rows: inout [Eight], _ start: Int) {
        let (width, first) = (start + Self.block, start - strip.count / 8)
        for depth in Swift.stride(from: first, to: start, by: Self.depthPerPass) {
            let count = min(Self.depthPerPass, start - depth)
            for lane in Swift.stride(from: 0, to: Self.block, by: 4) {
                let sums = FourRows(
                    factors, at: lane * width + depth, stride: width, strip.span, at: 8 * (depth - first), depth: count)
                rows[lane] -= sums.row0
                rows[lane + 1] -= sums.row1
                rows[lane + 2] -= sums.row2
                rows[lane + 3] -= sums.row3
            }
        }
    }

    /// Solves L·x = b for eight columns of a block row, with the block's own factor.
    private func solve(_ factors: Span<Double>, _ rows: inout [Eight], _ start: Int) {
        let width = start + Self.block
        for index in 0..<Self.block {
            let own = index * width + start
            var sum = rows[index]
            for inner in 0..<index { sum.addProduct(rows[inner], -factors[own + inner]) }
            rows[index] = sum / factors[own + index]
        }
    }
}

private typealias Eight = SIMD8<Double>

/// The products a·b of four rows of a with a strip of eight columns of b.
private struct FourRows {
    private(set) var (row0, row1, row2, row3) = (Eight.zero, Eight.zero, Eight.zero, Eight.zero)

    @inline(__always)
    init(
        _ a: Span<Double>, at first: Int, stride: Int, _ b: Span<Double>, at firstOfStrip: Int, depth: Int
    ) {
        precondition(first >= 0 && stride >= depth && first + 3 * stride + depth <= a.count)
        precondition(firstOfStrip >= 0 && firstOfStrip + 8 * depth <= b.count)
        // Sound because of the two lines above: bounds are checked for a whole block at once.
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                guard let a = a.baseAddress.map({ $0 + first }), let b = b.baseAddress.map({ $0 + firstOfStrip }) else {
                    return
                }
                for inner in 0..<depth {
                    let right = UnsafeRawPointer(b + 8 * inner).loadUnaligned(as: Eight.self)
                    row0.addProduct(right, a[inner])
                    row1.addProduct(right, a[stride + inner])
                    row2.addProduct(right, a[2 * stride + inner])
                    row3.addProduct(right, a[3 * stride + inner])
                }
            }
        }
    }

    @inline(__always)
    func subtract(from rows: inout MutableSpan<Double>, at first: Int, stride: Int) {
        for index in 0..<8 { rows[first + index] -= row0[index] }
        for index in 0..<8 { rows[first + stride + index] -= row1[index] }
        for index in 0..<8 { rows[first + 2 * stride + index] -= row2[index] }
        for index in 0..<8 { rows[first + 3 * stride + index] -= row3[index] }
    }
}
