import Benchmark
import JSON
import Kernels
import Testing

struct BenchmarkTests {
    @Test func wholeRunGivesRightAnswersAndAllGroups() throws {
        let report = try benchmark(.small)
        let groups = Set(report.measurements.map(\.group))
        #expect(
            groups == [
                "limit", "product", "attention", "head", "rotary", "elementwise", "rtn", "method", "file", "model",
            ])
        #expect(report.measurements.allSatisfy { $0.work > 0 && $0.cost.wallSeconds > 0 })
        #expect(report.measurements.allSatisfy { ($0.share == nil) == ($0.group == "limit") })
        let names = Set(report.measurements.filter { $0.threads == 1 }.map(\.name))
        #expect(
            report.measurements.allSatisfy { ($0.speedup != nil) == ($0.threads > 1 && names.contains($0.name)) })
        #expect(report.ratios.map(\.name) == ["tiny shape: lockstep to baseline alone, CPU seconds"])
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

    @Test func aLibraryWithoutProductsIsAnError() {
        var workload = Workload.small
        workload.blas = "libm.so.6"
        #expect(
            throws: BenchmarkError.noBLAS(
                path: "libm.so.6",
                reason: "it has none of cblas_sgemm, cblas_sgemm64_, scipy_cblas_sgemm64_, scipy_cblas_sgemm")
        ) { try benchmark(workload, parts: [.product]) }
        workload.blas = "/nonexistent/libblas.so"
        #expect(throws: BenchmarkError.self) { try benchmark(workload, parts: [.product]) }
    }

    @Test func everyPartIsAnnounced() throws {
        var parts: [String] = []
        _ = try benchmark(.small) { parts.append($0) }
        #expect(parts.count == 9 && parts.last == "evaluation, tiny shape")
    }
}
