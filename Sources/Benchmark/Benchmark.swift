/// Measures this machine's limits and how near to them each part of the program comes.
///
/// Every answer is checked; a wrong one ends the run with an error.
///
/// - Parameter progress: called with the name of each part before it begins.
package func benchmark(
    _ workload: Workload, progress: (String) -> Void = { _ in }
) throws(BenchmarkError) -> BenchmarkReport {
    let stand = Stand(workload)
    var report = BenchmarkReport()
    progress("limits")
    report.measurements += try Limits.measure(workload, stand)
    report.ratios += Limits.ratios(report.measurements)
    progress("product")
    report.measurements += try ProductBenchmark.measure(workload, stand)
    progress("attention")
    report.measurements += try AttentionBenchmark.measure(workload, stand)
    progress("head")
    report.measurements += try HeadBenchmark.measure(workload, stand)
    progress("norms and activations")
    report.measurements += try RotaryBenchmark.measure(workload, stand)
    report.measurements += try ElementwiseBenchmark.measure(workload, stand)
    progress("round to nearest")
    report.measurements += try RoundingBenchmark.measure(workload, stand)
    progress("unpacking and hashing")
    let files = try FileBenchmark.measure(workload, stand)
    report.measurements += files.results
    report.notes += files.notes
    for shape in workload.models {
        progress("evaluation, \(shape.name) shape")
        let model = try ModelBenchmark.measure(shape, workload)
        report.measurements += model.results
        report.ratios += model.ratios
    }
    return report
}
