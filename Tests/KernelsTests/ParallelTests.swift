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

    /// Short loops one after the other, from several threads at once: most join a team of which others have just left.
    @Test func shortLoopsSideBySideVisitEachIndexOnce() async {
        let wrong = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for round in 0..<5000 {
                        let count = 1 + round % 7
                        let (sum, expected) = (Counter(), count * (count + 1) / 2)
                        Parallel.forEach(count) { sum.value.wrappingAdd($0 + 1, ordering: .relaxed) }
                        if sum.value.load(ordering: .relaxed) != expected {
                            wrong.value.wrappingAdd(1, ordering: .relaxed)
                        }
                    }
                }
            }
        }
        #expect(wrong.value.load(ordering: .relaxed) == 0)
    }

    /// Pauses longer than a thread stays awake for.
    @Test func loopsAfterAPauseVisitEachIndexOnce() async throws {
        for _ in 0..<20 {
            let sum = Counter()
            Parallel.forEach(100) { sum.value.wrappingAdd($0, ordering: .relaxed) }
            #expect(sum.value.load(ordering: .relaxed) == 4950)
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    final class Counter: Sendable { let value = Atomic(0) }
}
