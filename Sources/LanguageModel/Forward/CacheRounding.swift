import Compression
import Kernels

extension CacheFormat {
    /// Rounds keys or values as a cache would keep them, each head of each token by itself; heads of zeros stay.
    func round(_ heads: HeadLayout) {
        let rowsPerTask = max(1, 16_384 / max(1, heads.count * heads.size))
        Parallel.forEach((heads.rows + rowsPerTask - 1) / rowsPerTask) { task in
            for row in task * rowsPerTask..<min(heads.rows, (task + 1) * rowsPerTask) {
                for head in 0..<heads.count {
                    round(UnsafeMutableBufferPointer(start: heads.row(row, head: head), count: heads.size))
                }
            }
        }
    }

    private func round(_ values: UnsafeMutableBufferPointer<Float>) {
        switch self {
        case .fp8: values.roundToFloat8(largest: values.largestMagnitude)
        case .int8: values.roundToIntegers(bits: 8)
        case .int4: values.roundToIntegers(bits: 4)
        }
    }
}

extension UnsafeMutableBufferPointer<Float> {
    /// By bit patterns: without the sign they order magnitudes.
    var largestMagnitude: Float {
        var largest: UInt32 = 0
        for value in self { largest = Swift.max(largest, value.bitPattern & 0x7fff_ffff) }
        return Float(bitPattern: largest)
    }

    /// x ← e4m3(x/s)·s with s = largest/448.
    func roundToFloat8(largest: Float) { roundToFloat8(scale: largest / 448) }

    /// x ← e4m3(x/s)·s.
    func roundToFloat8(scale: Float) {
        // What is not finite stays so, and the run says where it came up.
        guard scale > 0, scale.isFinite else { return }
        for index in indices { self[index] = Float8.e4m3(self[index] / scale) * scale }
    }

    /// x ← round(x/s)·s with s = max|x|/(2ᵇ⁻¹ − 1).
    fileprivate func roundToIntegers(bits: Int) {
        let scale = largestMagnitude / Float(1 << (bits - 1) - 1)
        guard scale > 0, scale.isFinite else { return }
        for index in indices { self[index] = (self[index] / scale).rounded(.toNearestOrEven) * scale }
    }
}
