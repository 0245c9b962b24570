import Kernels
import LanguageModel
import Mathematics

/// An orthogonal matrix Q made of a Hadamard matrix H of order n and random signs s.
///
/// `free` is Q = H·diag(s)/√n. `keepsMean` is Q = Hᵀ·diag(1, s)·H/n, for which Q·1 = 1: a vector's mean and its length
/// stay, so that a norm that takes the mean away gives the turned vector.
struct Turn: Sendable {
    enum Kind: Sendable { case free, keepsMean }

    let size: Int
    private let hadamard: Hadamard
    private let kind: Kind
    private let signs: [Double]

    /// The signs are those of a seed: a model turned twice is turned alike.
    init(size: Int, _ kind: Kind, seed: UInt64, of part: String) throws(LanguageModelError) {
        guard let hadamard = Hadamard(order: size) else {
            throw .unsupported(
                key: "rotate", found: "'hadamard' for \(part) of \(size)",
                supported: "sizes with a Hadamard matrix, such as "
                    + Hadamard.nearest(to: size).map(String.init).joined(separator: " and "))
        }
        var random = RandomNumbers(seed: seed)
        (self.size, self.hadamard, self.kind) = (size, hadamard, kind)
        var signs = (0..<size).map { _ in random.next() & 1 == 0 ? 1.0 : -1.0 }
        if kind == .keepsMean { signs[0] = 1 }
        self.signs = signs
    }

    /// x ← Q·x.
    func apply(_ values: inout MutableSpan<Double>) {
        switch kind {
        case .free:
            for index in 0..<size { values[index] *= signs[index] }
            hadamard.multiply(&values)
            let factor = 1 / Double(size).squareRoot()
            for index in 0..<size { values[index] *= factor }
        case .keepsMean:
            hadamard.multiply(&values)
            for index in 0..<size { values[index] *= signs[index] / Double(size) }
            hadamard.multiplyTransposed(&values)
        }
    }
}

/// What happens to a tensor, as a matrix of outputs × inputs; vectors are one column.
enum TensorTurn: Sendable {
    /// Column j times fⱼ, which a norm in front leaves to it.
    case scaleColumns([Double])
    /// Each row r ← Q·r: W·Qᵀ.
    case turnRows(Turn)
    /// Each column c ← Q·c: Q·W.
    case turnColumns(Turn)
    /// The same for parts of each row that begin at some columns.
    case turnRowParts(Turn, at: [Int])
    /// The same for parts of each column that begin at some rows.
    case turnColumnParts(Turn, at: [Int])

    func apply(to values: RowTable<Double>) -> RowTable<Double> {
        switch self {
        case .scaleColumns(let factors):
            Parallel.forEach(values.rows) { row in
                values.withRow(row) { for column in 0..<$0.count { $0[column] *= factors[column] } }
            }
        case .turnRows(let turn): Parallel.forEach(values.rows) { values.withRow($0) { turn.apply(&$0) } }
        case .turnRowParts(let turn, let starts):
            Parallel.forEach(values.rows) { row in
                for start in starts { values.withRow(row, columns: start..<start + turn.size) { turn.apply(&$0) } }
            }
        case .turnColumns(let turn): return transposed(TensorTurn.turnRows(turn).apply(to: transposed(values)))
        case .turnColumnParts(let turn, let starts):
            return transposed(TensorTurn.turnRowParts(turn, at: starts).apply(to: transposed(values)))
        }
        return values
    }

    private func transposed(_ source: RowTable<Double>) -> RowTable<Double> {
        let (rows, columns) = (source.rows, source.columns)
        let result = RowTable<Double>(rows: columns, columns: rows, repeating: 0)
        Parallel.forEach((columns + 63) / 64) { block in
            for column in 64 * block..<min(columns, 64 * (block + 1)) {
                result.withRow(column) { target in
                    for row in 0..<rows { target[row] = source.readRow(row) { $0[column] } }
                }
            }
        }
        return result
    }
}
