import Kernels

extension Matrix {
    /// M·Mᵀ in Double, row after row; the lower triangle.
    ///
    /// Each product is eight sums over every eighth column, which are joined in a fixed order. Two rows at a time meet four
    /// others, so that a value becomes a Double once for several products.
    var gram: [Double] {
        let count = rows
        let pairs = Parallel.map((count + 1) / 2) { (pair) throws(Never) -> [[Double]] in
            self.products(of: 2 * pair..<min(count, 2 * pair + 2))
        }
        var result = [Double](repeating: 0, count: count * count)
        for (row, values) in pairs.joined().enumerated() {
            for (column, value) in values.enumerated() { result[row * count + column] = value }
        }
        return result
    }

    /// The products of one or two rows with those up to themselves.
    private func products(of own: Range<Int>) -> [[Double]] {
        readAll { values in
            var result = own.map { [Double](repeating: 0, count: $0 + 1) }
            var first = 0
            while own.count == 2, first + 4 <= own.upperBound {
                let (upper, lower) = block(values, own.lowerBound, first)
                for index in 0..<4 {
                    if first + index <= own.lowerBound { result[0][first + index] = upper[index] }
                    result[1][first + index] = lower[index]
                }
                first += 4
            }
            for (index, row) in own.enumerated() where first <= row {
                for other in first...row { result[index][other] = product(values, row, other) }
            }
            return result
        }
    }

    /// The products of two neighbouring rows with four.
    private func block(_ values: Span<Float>, _ own: Int, _ other: Int) -> (SIMD4<Double>, SIMD4<Double>) {
        let a0 = values.extracting(range(own))
        let a1 = values.extracting(range(own + 1))
        let b0 = values.extracting(range(other))
        let b1 = values.extracting(range(other + 1))
        let b2 = values.extracting(range(other + 2))
        let b3 = values.extracting(range(other + 3))
        var (s00, s01, s02, s03) = (SIMD8<Double>.zero, SIMD8<Double>.zero, SIMD8<Double>.zero, SIMD8<Double>.zero)
        var (s10, s11, s12, s13) = (SIMD8<Double>.zero, SIMD8<Double>.zero, SIMD8<Double>.zero, SIMD8<Double>.zero)
        var index = 0
        while index + 8 <= columns {
            let (x, y) = (SIMD8<Double>(a0.lanes(index)), SIMD8<Double>(a1.lanes(index)))
            let (p, q) = (SIMD8<Double>(b0.lanes(index)), SIMD8<Double>(b1.lanes(index)))
            s00.addProduct(x, p)
            s10.addProduct(y, p)
            s01.addProduct(x, q)
            s11.addProduct(y, q)
            let (r, s) = (SIMD8<Double>(b2.lanes(index)), SIMD8<Double>(b3.lanes(index)))
            s02.addProduct(x, r)
            s12.addProduct(y, r)
            s03.addProduct(x, s)
            s13.addProduct(y, s)
            index += 8
        }
        var upper = SIMD4(s00.sum(), s01.sum(), s02.sum(), s03.sum())
        var lower = SIMD4(s10.sum(), s11.sum(), s12.sum(), s13.sum())
        while index < columns {
            let others = SIMD4(Double(b0[index]), Double(b1[index]), Double(b2[index]), Double(b3[index]))
            upper += Double(a0[index]) * others
            lower += Double(a1[index]) * others
            index += 1
        }
        return (upper, lower)
    }

    private func range(_ row: Int) -> Range<Int> { row * columns..<(row + 1) * columns }

    private func product(_ values: Span<Float>, _ left: Int, _ right: Int) -> Double {
        let a = values.extracting(range(left))
        let b = values.extracting(range(right))
        var (sums, index) = (SIMD8<Double>.zero, 0)
        while index + 8 <= columns {
            sums.addProduct(SIMD8<Double>(a.lanes(index)), SIMD8<Double>(b.lanes(index)))
            index += 8
        }
        var sum = sums.sum()
        while index < columns {
            sum += Double(a[index]) * Double(b[index])
            index += 1
        }
        return sum
    }
}
