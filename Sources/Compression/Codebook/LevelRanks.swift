import Kernels

/// Finds the nearest of a few rising levels by the bounds between them.
enum LevelRanks {
    /// For each value times `factor`, how many of the rising bounds lie below it: one on a bound goes to the lower level.
    ///
    /// Few bounds are compared one by one, eight values at a time; many are searched by halves. Values and bounds are
    /// finite.
    static func find(
        _ values: Span<Float>, factor: Float, bounds: Span<Float>, into ranks: inout MutableSpan<UInt8>
    ) {
        precondition(ranks.count == values.count, "there is room for just these ranks")
        let count = values.count
        var index = 0
        if bounds.count <= 32 {
            while index + 8 <= count {
                let scaled = values.lanes(index) * SIMD8(repeating: factor)
                var rank = SIMD8<Int32>.zero
                for bound in bounds.indices {
                    rank &-= SIMD8(repeating: bounds[bound]).isBelow(scaled)
                }
                ranks.store(SIMD8<UInt8>(truncatingIfNeeded: rank), at: index)
                index += 8
            }
        }
        while index < count {
            ranks[index] = UInt8(truncatingIfNeeded: self.rank(values[index] * factor, bounds))
            index += 1
        }
    }

    /// How many of the rising bounds lie below a value.
    static func rank(_ value: Float, _ bounds: Span<Float>) -> Int {
        var (low, high) = (0, bounds.count)
        while low < high {
            let middle = (low + high) / 2
            if value > bounds[middle] { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The bounds half-way between neighbouring levels, in float32.
    static func bounds(_ levels: [Float]) -> [Float] {
        zip(levels, levels.dropFirst()).map { ($0 + $1) / 2 }
    }

    /// Σ(value − level[rank]·scale)² in Double, in the order of the values.
    static func squaredError(
        _ values: Span<Float>, ranks: Span<UInt8>, levels: Span<Float>, scale: Float
    ) -> Double {
        var sum = 0.0
        for index in values.indices {
            let error = Double(values[index]) - Double(levels[Int(ranks[index])] * scale)
            sum += error * error
        }
        return sum
    }
}
