import GGUF
import Testing

@Suite struct RowOrderTests {
    static let orders: [(RowOrder, Int)] = [
        (.rotaryPairs(headSize: 8), 24), (.groups(count: 3, queries: 1, headSize: 4), 36),
        (.groups(count: 2, queries: 3, headSize: 4), 40), (.groups(count: 1, queries: 5, headSize: 2), 14),
    ]

    @Test(arguments: orders) func everyRowStandsOnce(order: RowOrder, rows: Int) {
        #expect(order.fits(rows: rows))
        #expect(Set((0..<rows).map(order.stored)) == Set(0..<rows))
    }

    @Test func pairsAreNeighbours() {
        let order = RowOrder.rotaryPairs(headSize: 4)
        #expect((0..<8).map(order.stored) == [0, 2, 1, 3, 4, 6, 5, 7])
        #expect(!order.fits(rows: 6))
    }

    @Test func oneGroupIsInOrder() {
        let order = RowOrder.groups(count: 1, queries: 5, headSize: 2)
        #expect((0..<14).map(order.stored) == Array(0..<14))
    }

    @Test func groupsComeApart() {
        let order = RowOrder.groups(count: 2, queries: 1, headSize: 1)
        #expect((0..<6).map(order.stored) == [0, 2, 4, 1, 3, 5])
    }
}
