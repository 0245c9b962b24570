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

    func decode(row: Int, columns range: Range<Int>, into destination: UnsafeMutablePointer<Float>) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: rank + range.count) { memory in
            guard let factors = memory.baseAddress else { return }
            left.decode(row: row, columns: 0..<rank, into: factors)
            destination.update(repeating: 0, count: range.count)
            let part = factors + rank
            for index in 0..<rank {
                right.decode(row: index, columns: range, into: part)
                for column in 0..<range.count { destination[column].addProduct(factors[index], part[column]) }
            }
        }
    }

    func pack(rows range: Range<Int>, columns: Range<Int>, into panel: UnsafeMutablePointer<Float>) {
        let (rank, width) = (rank, 16)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: rank * (width + Self.chunk + 1)) { memory in
            guard let lefts = memory.baseAddress else { return }
            let (rights, row) = (lefts + rank * width, lefts + rank * (width + Self.chunk))
            lefts.update(repeating: 0, count: rank * width)
            for lane in 0..<range.count {
                left.decode(row: range.lowerBound + lane, columns: 0..<rank, into: row)
                for index in 0..<rank { lefts[index * width + lane] = row[index] }
            }
            for start in stride(from: columns.lowerBound, to: columns.upperBound, by: Self.chunk) {
                let part = start..<min(columns.upperBound, start + Self.chunk)
                for index in 0..<rank {
                    right.decode(row: index, columns: part, into: rights + index * Self.chunk)
                }
                for column in 0..<part.count {
                    let target = panel + (start - columns.lowerBound + column) * width
                    multiply(lefts, rights + column, into: target)
                }
            }
        }
    }

    /// Sixteen rows of one column.
    @inline(__always)
    private func multiply(
        _ lefts: UnsafeMutablePointer<Float>, _ rights: UnsafeMutablePointer<Float>,
        into target: UnsafeMutablePointer<Float>
    ) {
        var sum = SIMD16<Float>.zero
        for index in 0..<rank {
            let rows = UnsafeRawPointer(lefts + 16 * index).loadUnaligned(as: SIMD16<Float>.self)
            sum.addProduct(rows, SIMD16(repeating: rights[index * Self.chunk]))
        }
        UnsafeMutableRawPointer(target).storeBytes(of: sum, as: SIMD16<Float>.self)
    }
}
