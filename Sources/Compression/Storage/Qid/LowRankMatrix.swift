import Kernels

/// The product of two stored factors, left rows × rank and right rank × columns: W[r, c] = Σₖ left[r, k]·right[k, c],
/// one fused multiply-add for each k in order.
struct LowRankMatrix: WeightMatrix {
    let left: any WeightMatrix
    let right: any WeightMatrix

    var rows: Int { left.rows }
    var columns: Int { right.columns }
    private var rank: Int { left.columns }

    /// Columns that are made at a time, so that what is decoded of the right factor stays in the second-level cache.
    private static let chunk = 64

    func decode(row: Int, columns range: Range<Int>, into destination: inout MutableSpan<Float>) {
        withScratch(rank, of: Float(0)) { factors in
            withScratch(range.count, of: Float(0)) { part in
                left.decode(row: row, columns: 0..<rank, into: &factors)
                destination.update(repeating: 0)
                for index in 0..<rank {
                    right.decode(row: index, columns: range, into: &part)
                    for column in 0..<destination.count {
                        destination[column].addProduct(factors[index], part[column])
                    }
                }
            }
        }
    }

    func pack(rows range: Range<Int>, columns: Range<Int>, into panel: inout MutableSpan<Float>) {
        // Sixteen rows of the left factor side by side, zero for the missing ones.
        var lefts = [SIMD16<Float>](repeating: .zero, count: rank)
        for lane in 0..<range.count {
            for (index, value) in left.values(row: range.lowerBound + lane).enumerated() { lefts[index][lane] = value }
        }
        withScratch(rank * Self.chunk, of: Float(0)) { rights in
            for start in stride(from: columns.lowerBound, to: columns.upperBound, by: Self.chunk) {
                let part = start..<min(columns.upperBound, start + Self.chunk)
                for index in 0..<rank {
                    let first = index * Self.chunk
                    rights.withPart(first..<first + part.count) { right.decode(row: index, columns: part, into: &$0) }
                }
                for column in 0..<part.count {
                    panel.store(
                        product(lefts.span, rights.span, column), at: (start - columns.lowerBound + column) * 16)
                }
            }
        }
    }

    /// Sixteen rows of one column.
    @inline(__always)
    private func product(_ lefts: Span<SIMD16<Float>>, _ rights: Span<Float>, _ column: Int) -> SIMD16<Float> {
        var sum = SIMD16<Float>.zero
        for index in lefts.indices {
            sum.addProduct(lefts[index], SIMD16(repeating: rights[index * Self.chunk + column]))
        }
        return sum
    }
}
