import Kernels
import Synchronization
import Testing

struct ParallelTests {
    struct Failure: Error, Equatable { var index: Int }

    @Test(arguments: [1, 2, 5])
    func mapsInIndexOrder(threads: Int) {
        Parallel.$limit.withValue(threads) {
            let (squares, none) = (Parallel.map(1000) { $0 * $0 }, Parallel.map(0) { $0 })
            #expect(squares == (0..<1000).map { $0 * $0 })
            #expect(none == [])
        }
    }

    @Test(arguments: [1, 2, 5])
    func throwsTheErrorOfTheLowestIndex(threads: Int) {
        Parallel.$limit.withValue(threads) {
            #expect(throws: Failure(index: 313)) {
                try Parallel.map(1000) { index throws(Failure) in
                    if index >= 313 && index % 2 == 1 { throw Failure(index: index) }
                    return index
                }
            }
        }
    }

    @Test func visitsEachIndexOnceAlsoWhenNested() {
        let visits = (0..<50).map { _ in Counter() }
        Parallel.forEach(5) { outer in
            Parallel.forEach(10) { inner in visits[outer * 10 + inner].value.wrappingAdd(1, ordering: .relaxed) }
        }
        #expect(visits.allSatisfy { $0.value.load(ordering: .relaxed) == 1 })
    }

    final class Counter: Sendable { let value = Atomic(0) }
}
