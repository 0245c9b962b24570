import Kernels
import TestSupport
import Testing

struct DenseMatrixTests {
    final class Bytes: Sendable {
        // Sound: written once before it is shared.
        nonisolated(unsafe) let base: UnsafeMutableRawPointer
        init(_ bytes: [UInt8]) {
            base = .allocate(byteCount: max(1, bytes.count), alignment: 16)
            base.copyMemory(from: bytes, byteCount: bytes.count)
        }
        deinit { base.deallocate() }
    }

    /// Random elements of a type as bytes, and one byte more for odd addresses.
    private func storage(_ type: FloatType, count: Int) -> Bytes {
        var random = SeededGenerator(seed: 12)
        return Bytes((0...count * type.byteCount).map { _ in UInt8.random(in: 0...255, using: &random) })
    }

    @Test(arguments: FloatType.allCases, [false, true])
    func packsWhatItDecodes(type: FloatType, transposed: Bool) {
        for offset in [0, 1] { packsWhatItDecodes(type, transposed, offset: offset) }
    }

    private func packsWhatItDecodes(_ type: FloatType, _ transposed: Bool, offset: Int) {
        let (rows, columns) = (37, 150)
        let bytes = storage(type, count: rows * columns)
        let weight = DenseMatrix(
            bytes: bytes.base + offset, type: type, rows: rows, columns: columns, transposed: transposed, owner: bytes)
        let decoded = weight.floats
        for row in 0..<rows {
            for column in 0..<columns {
                let index = transposed ? column * rows + row : row * columns + column
                var expected: Float = 0
                type.decode(bytes.base + offset + index * type.byteCount, count: 1, into: &expected)
                #expect(decoded[row, column].bitPattern == expected.bitPattern)
            }
        }
        for (range, part) in [(0..<16, 0..<columns), (16..<32, 3..<140), (32..<37, 9..<10)] {
            let panel = Matrix(rows: part.count, columns: 16)
            var span = MutableSpan(_unsafeStart: panel.base, count: 16 * part.count)
            weight.pack(rows: range, columns: part, into: &span)
            for column in part {
                for lane in 0..<16 {
                    let expected = lane < range.count ? decoded[range.lowerBound + lane, column] : 0
                    #expect(panel[column - part.lowerBound, lane].bitPattern == expected.bitPattern)
                }
            }
        }
    }
}
