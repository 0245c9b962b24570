package import Kernels
import RealModule

/// ALiBi (arXiv 2108.12409): each head adds slope · position of the key to its scores.
///
/// Slopes fall by powers of two from head to head; where the number of heads is none, some come from the next power.
package struct PositionBias: Sendable, Equatable {
    /// How a family computes and rounds slopes and biases.
    package enum Form: Sendable, Equatable {
        /// The slopes of the nearest lower power of two, then every second one of the next power.
        case bloom
        /// The same, in products of bfloat16 that are scaled as the scores are.
        case falcon(scale: Float)
        /// Every second slope of the next higher power of two, then the others.
        case mpt
    }

    package var headCount: Int
    package var form: Form

    package init(headCount: Int, form: Form) {
        self.headCount = headCount
        self.form = form
    }

    /// One row for each head: the bias of the key at each of `count` positions.
    package func table(positions count: Int) -> RowTable<Float> {
        let table = RowTable<Float>(rows: headCount, columns: count, repeating: 0)
        for (head, slope) in slopes.enumerated() {
            table.withRow(head) { row in
                for position in 0..<count { row[position] = bias(slope, position, of: count) }
            }
        }
        return table
    }

    private func bias(_ slope: Float, _ position: Int, of count: Int) -> Float {
        switch form {
        case .bloom: slope * Float(position)
        case .falcon(let scale):
            (slope.roundedToBFloat16 * Float(position).roundedToBFloat16).roundedToBFloat16 * scale
        case .mpt: slope * Float(position - (count - 1))
        }
    }

    /// A slope for each head.
    package var slopes: [Float] {
        switch form {
        case .bloom, .falcon:
            let lower = 1 << (Int.bitWidth - 1 - headCount.leadingZeroBitCount)
            let rest = powers(heads: 2 * lower, count: 2 * (headCount - lower))
            return powers(heads: lower, count: lower) + stride(from: 0, to: rest.count, by: 2).map { rest[$0] }
        case .mpt:
            let upper =
                headCount.nonzeroBitCount == 1 ? headCount : 2 << (Int.bitWidth - 1 - headCount.leadingZeroBitCount)
            let all = (1...upper).map { 1 / Float(Double.pow(2, Double(Float($0) * Float(8 / Double(upper))))) }
            if upper == headCount { return all }
            return Array(
                (stride(from: 1, to: upper, by: 2) + stride(from: 0, to: upper, by: 2)).map { all[$0] }[..<headCount])
        }
    }

    /// The first powers of 2^(−8/heads), the base rounded to float32.
    private func powers(heads: Int, count: Int) -> [Float] {
        let base = Double(Float(Double.pow(2, -8 / Double(heads))))
        return (0..<count).map { Float(Double.pow(base, Double($0 + 1))) }
    }
}

extension Float {
    /// The nearest value with eight significant bits, of two the even one.
    fileprivate var roundedToBFloat16: Float {
        let bits = bitPattern
        return Float(bitPattern: (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000)
    }
}

private func + (a: StrideTo<Int>, b: StrideTo<Int>) -> [Int] { Array(a) + Array(b) }
