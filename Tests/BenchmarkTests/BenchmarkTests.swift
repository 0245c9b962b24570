import Benchmark
import JSON
import Kernels
import Testing

struct BenchmarkTests {
    @Test func wholeRunGivesRightAnswersAndAllGroups() throws {
        let report = try benchmark(.small)
        let groups = Set(report.measurements.map(\.group))
        #expect(
            groups == ["limit", "product", "attention", "head", "rotary", "elementwise", "rtn", "file", "model"])
        #expect(report.measurements.allSatisfy { $0.work > 0 && $0.cost.wallSeconds > 0 })
        #expect(report.measurements.allSatisfy { report.share($0) != nil })
        let threadCounts = Set(report.measurements.map(\.threads)).count
        let limits = PanelForm.available.count
        #expect(report.ratios.count == (threadCounts > 1 ? 2 + limits : 2))
    }

    @Test func wrongDigestIsAnError() throws {
        var workload = Workload.small
        let right = workload.file.sha256
        workload.file.sha256 = String(right.reversed())
        #expect(
            throws: BenchmarkError.wrongAnswer(
                measurement: "SHA-256", found: right, expected: String(right.reversed()))
        ) { try benchmark(workload) }
    }

    @Test func everyPartIsAnnounced() throws {
        var parts: [String] = []
        _ = try benchmark(.small) { parts.append($0) }
        #expect(parts.count == 8 && parts.last == "evaluation, tiny shape")
    }
}
