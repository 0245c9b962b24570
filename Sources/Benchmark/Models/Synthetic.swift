import Kernels
import Mathematics

/// Values that look like a model's, the same on every machine.
enum Synthetic {
    /// Values spread evenly between −1 and 1.
    static func matrix(rows: Int, columns: Int, seed: UInt64) -> Matrix {
        let matrix = Matrix(rows: rows, columns: columns)
        var random = RandomNumbers(seed: seed)
        for index in 0..<rows * columns {
            matrix.base[index] = Float(Int32(truncatingIfNeeded: random.next())) * 0x1p-31
        }
        return matrix
    }

    /// The bits of float16 values, near to normally distributed, with this standard deviation around `mean`.
    static func weights(_ count: Int, deviation: Float, mean: Float = 0, seed: UInt64) -> [UInt16] {
        let table = (0..<4096).map { index in
            Float16(mean + deviation * normal(seed: UInt64(index))).bitPattern
        }
        var random = RandomNumbers(seed: seed)
        // Filled from the first to the last, then counted.
        return [UInt16](unsafeUninitializedCapacity: count) { buffer, initialized in
            var bits: UInt64 = 0
            for index in 0..<count {
                bits = index % 4 == 0 ? random.next() : bits >> 16
                buffer.initializeElement(at: index, to: table[Int(bits & 4095)])
            }
            initialized = count
        }
    }

    /// The sum of twelve even values less 6 has variance 1 and is near to normal.
    private static func normal(seed: UInt64) -> Float {
        var random = RandomNumbers(seed: seed &* 0x2545_f491_4f6c_dd1d)
        let sum = (0..<12).reduce(0) { sum, _ in sum + Int(random.next() >> 48) }
        return Float(sum) * 0x1p-16 - 6
    }
}
