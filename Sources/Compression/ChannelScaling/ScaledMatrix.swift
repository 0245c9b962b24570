package import Kernels

/// A weight with its columns multiplied and its rows divided: W[r, c]·columns[c]/rows[r].
package struct ScaledMatrix: WeightMatrix {
    private let weight: any WeightMatrix
    private let columnFactors: [Float]?
    private let rowDivisors: [Float]?

    package var rows: Int { weight.rows }
    package var columns: Int { weight.columns }

    package init(_ weight: any WeightMatrix, columns: [Float]? = nil, rows: [Float]? = nil) {
        precondition(columns.map { $0.count == weight.columns } ?? true)
        precondition(rows.map { $0.count == weight.rows } ?? true)
        self.weight = weight
        columnFactors = columns
        rowDivisors = rows
    }

    package func decode(row: Int, columns range: Range<Int>, into destination: inout MutableSpan<Float>) {
        weight.decode(row: row, columns: range, into: &destination)
        if let columnFactors {
            for index in 0..<range.count { destination[index] *= columnFactors[range.lowerBound + index] }
        }
        if let rowDivisors {
            for index in 0..<range.count { destination[index] /= rowDivisors[row] }
        }
    }
}
