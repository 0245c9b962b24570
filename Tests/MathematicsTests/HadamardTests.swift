import Mathematics
import Testing

struct HadamardTests {
    private func rows(_ hadamard: Hadamard, transposed: Bool = false) -> [[Double]] {
        (0..<hadamard.order).map { column in
            var values = [Double](repeating: 0, count: hadamard.order)
            values[column] = 1
            var span = values.mutableSpan
            if transposed { hadamard.multiplyTransposed(&span) } else { hadamard.multiply(&span) }
            return values
        }
    }

    /// Columns of H are those of products with unit vectors: ±1, at right angles, and the first row all 1.
    @Test(arguments: [
        1, 2, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 56, 60, 64, 72, 80, 96, 112, 160,
    ])
    func rowsAreAtRightAngles(_ order: Int) throws {
        let hadamard = try #require(Hadamard(order: order))
        let columns = rows(hadamard)
        #expect(columns.allSatisfy { $0.allSatisfy { abs($0) == 1 } && $0[0] == 1 })
        for left in 0..<order {
            for right in 0...left {
                let product = zip(columns[left], columns[right]).reduce(0) { $0 + $1.0 * $1.1 }
                #expect(product == (left == right ? Double(order) : 0))
            }
        }
        let turned = rows(hadamard, transposed: true)
        #expect(
            (0..<order).allSatisfy { row in (0..<order).allSatisfy { turned[row][$0] == columns[$0][row] }
            })
    }

    @Test func ordersWithoutOneAreNamedWithTheirNeighbours() {
        for order in [0, 3, 5, 6, 7, 10, 13, 92] { #expect(Hadamard(order: order) == nil, "\(order)") }
        #expect(Hadamard.nearest(to: 6) == [4, 8] && Hadamard.nearest(to: 90) == [88, 96])
    }
}
