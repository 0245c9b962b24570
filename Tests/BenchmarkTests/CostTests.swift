import Benchmark
import Testing

struct CostTests {
    @Test func mediansOfWallAndProcessorTimeAreTakenApart() {
        let costs = [(1.0, 9.0), (2, 1), (3, 5)].map { Cost(wallSeconds: $0.0, cpuSeconds: $0.1) }
        #expect(Cost.median(costs) == Cost(wallSeconds: 2, cpuSeconds: 5))
    }
}
