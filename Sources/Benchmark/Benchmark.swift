/// What a benchmark measures, besides the machine's limits.
package enum BenchmarkPart: String, Sendable, CaseIterable {
    case product
    case attention
    case head
    case elementwise
    case rtn
    case methods
    case files
    case models

    /// What the user reads while it is measured.
    var title: String {
        switch self {
        case .elementwise: "norms and activations"
        case .rtn: "round to nearest"
        case .files: "unpacking and hashing"
        case .models: "evaluation"
        default: rawValue
        }
    }
}

/// Measures this machine's limits and how near to them each part of the program comes.
///
/// Every answer is checked; a wrong one ends the run with an error.
///
/// `progress` is called with the name of each part before it begins.
package func benchmark(
    _ workload: Workload, parts: [BenchmarkPart] = BenchmarkPart.allCases, progress: (String) -> Void = { _ in }
) throws(BenchmarkError) -> BenchmarkReport {
    let harness = Harness(workload)
    var report = BenchmarkReport()
    progress("limits")
    report.measurements += try harness.measureLimits().measurements
    for part in BenchmarkPart.allCases where parts.contains(part) {
        if part != .models { progress(part.title) }
        switch part {
        case .product:
            let products = try ProductBenchmark.measure(workload, harness)
            report.measurements += products.results
            report.ratios += products.ratios
        case .attention: report.measurements += try AttentionBenchmark.measure(workload, harness)
        case .head: report.measurements += try HeadBenchmark.measure(workload, harness)
        case .elementwise:
            report.measurements += try RotaryBenchmark.measure(workload, harness)
            report.measurements += try ElementwiseBenchmark.measure(workload, harness)
        case .rtn: report.measurements += try RoundingBenchmark.measure(workload, harness)
        case .methods: report.measurements += try MethodBenchmark.measure(workload, harness)
        case .files:
            let files = try FileBenchmark.measure(workload, harness)
            report.measurements += files.results
            report.notes += files.notes
        case .models:
            for shape in workload.models {
                progress("\(part.title), \(shape.name) shape")
                let model = try ModelBenchmark.measure(shape, workload, harness)
                report.measurements += model.results
                report.ratios += model.ratios
            }
        }
    }
    return report
}
