import Checkpoint
import Kernels

/// BitNet's stored weight: codes 0, 1, 2 for −1, 0, 1 in two bits each; the scale that they share is its ``BoundLinear``'s.
///
/// | bits of byte [r, c] | weight |
/// |---|---|
/// | 0–1 | [r, c] |
/// | 2–3 | [R + r, c] |
/// | 4–5 | [2R + r, c] |
/// | 6–7 | [3R + r, c] |
///
/// R is the number of stored rows, a quarter of the weight's.
struct PackedTernaryMatrix: WeightMatrix {
    let rows: Int
    let columns: Int
    private let packed: Tensor

    /// Takes a tensor of bytes [R, columns].
    init(_ packed: Tensor) {
        self.packed = packed
        rows = 4 * packed.info.shape[0]
        columns = packed.info.shape[1]
    }

    func decode(row: Int, columns range: Range<Int>, into destination: inout MutableSpan<Float>) {
        let storedRows = rows / 4
        let shift = UInt8(2 * (row / storedRows))
        packed.withBytes { bytes in
            let first = row % storedRows * columns
            for column in range {
                let code = Int8(truncatingIfNeeded: (bytes[first + column] >> shift) & 3) - 1
                destination[column - range.lowerBound] = Float(code)
            }
        }
    }
}
