import Benchmark
import Testing

struct CostTests {
    @Test(arguments: [([], 0), ([3], 3), ([9, 1, 5], 5), ([4, 1, 2, 9], 3)] as [([Double], Double)])
    func medianIsTheMiddle(values: [Double], expected: Double) { #expect(Cost.median(values) == expected) }

    @Test func mediansOfWallAndProcessorTimeAreTakenApart() {
        let costs = [(1.0, 9.0), (2, 1), (3, 5)].map { Cost(wallSeconds: $0.0, cpuSeconds: $0.1) }
        #expect(Cost.median(costs) == Cost(wallSeconds: 2, cpuSeconds: 5))
    }
}
