package import Kernels

/// A weight whose groups are clamped: w, or ±limit of its group where that is smaller in magnitude.
package struct ClippedMatrix: WeightMatrix {
    private let weight: any WeightMatrix
    /// Rows × groups, 0 and more.
    private let limits: [Float]
    private let groupLength: Int

    package var rows: Int { weight.rows }
    package var columns: Int { weight.columns }

    package init(_ weight: any WeightMatrix, limits: [Float], groupLength: Int) {
        precondition(limits.count * groupLength == weight.rows * weight.columns)
        (self.weight, self.limits, self.groupLength) = (weight, limits, groupLength)
    }

    package func decode(row: Int, columns range: Range<Int>, into destination: inout MutableSpan<Float>) {
        weight.decode(row: row, columns: range, into: &destination)
        let first = row * (columns / groupLength)
        for column in range {
            let limit = limits[first + column / groupLength]
            let value = destination[column - range.lowerBound]
            // Written so that NaN stays, for the rounding to refuse.
            destination[column - range.lowerBound] = value > limit ? limit : value < -limit ? -limit : value
        }
    }
}
