import Kernels

/// A small reproducible source of random numbers (Steele et al., 2014).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

extension Matrix {
    /// A matrix of uniform values between −bound and bound.
    static func random(_ rows: Int, _ columns: Int, seed: UInt64, bound: Float = 1) -> Matrix {
        var random = SplitMix(state: seed)
        return Matrix(
            rows: rows, columns: columns, (0..<rows * columns).map { _ in .random(in: -bound...bound, using: &random) })
    }

    subscript(row: Int, column: Int) -> Float { view.row(row)[column] }
}

extension MatrixView {
    /// The bits of all elements, row after row, for comparisons that must be exact.
    var bits: [UInt32] { (0..<rows).flatMap { r in (0..<columns).map { row(r)[$0].bitPattern } } }
}

/// The distance between a value and its reference in units of the reference's last place (of the smallest subnormal at least).
func ulps(_ value: Float, _ reference: Double) -> Double {
    if Float(reference).isInfinite || reference.isNaN { return value == Float(reference) ? 0 : .infinity }
    let ulp = max(Double(Float(reference).ulp), Double(Float.leastNonzeroMagnitude))
    return abs(Double(value) - reference) / ulp
}
