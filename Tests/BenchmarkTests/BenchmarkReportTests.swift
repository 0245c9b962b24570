import Benchmark
import JSON
import Testing

struct BenchmarkReportTests {
    private static let sample: BenchmarkReport = {
        var report = BenchmarkReport()
        report.measurements = [
            Measurement(
                group: "limit", name: "copy", threads: 2, limit: .bandwidth, work: 4e9,
                cost: Cost(wallSeconds: 0.5, cpuSeconds: 1)),
            Measurement(
                group: "rtn", name: "4 bits", threads: 2, limit: .bandwidth, work: 1e9,
                cost: Cost(wallSeconds: 0.25, cpuSeconds: 0.5), share: MedianEstimate(value: 0.5, interval: nil),
                speedup: MedianEstimate(value: 1.75, interval: 1.5...1.875)),
            Measurement(
                group: "model", name: "tiny", threads: 1, limit: .arithmetic, work: 3e9, tokens: 100,
                cost: Cost(wallSeconds: 1, cpuSeconds: 0)),
        ]
        report.ratios = [Ratio(name: "lockstep", value: MedianEstimate(value: 4.5, interval: 4.25...5))]
        report.notes = ["not measured"]
        return report
    }()

    @Test func jsonHoldsEveryFigureByItsName() throws {
        let document = try #require(try JSONValue(parsing: Self.sample.json).object)
        #expect(document.keys == ["measurements", "ratios", "notes"])
        let entries = try #require(document["measurements"]?.array)
        #expect(
            entries[1] == [
                "group": "rtn", "name": "4 bits", "threads": 2, "limit": "copy_bandwidth", "work": 1_000_000_000,
                "wall_seconds": 0.25, "cpu_seconds": 0.5, "work_per_cpu_second": 2_000_000_000,
                "share_of_limit": ["median": 0.5, "interval": .null],
                "speedup": ["median": 1.75, "interval": [1.5, 1.875]], "tokens_per_cpu_second": .null,
            ])
        #expect(entries[2].object?["limit"] == "peak_fma")
        // The clock did not advance: no rate, and no infinity that JSON has no word for.
        #expect(entries[2].object?["tokens_per_cpu_second"]?.double == 0)
        #expect(document["ratios"] == [["name": "lockstep", "value": ["median": 4.5, "interval": [4.25, 5]]]])
        #expect(document["notes"] == ["not measured"])
    }

    @Test func tableHasALineForEachMeasurement() {
        let lines = Self.sample.table.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[2] == "rtn: 4 bits        2   250.00   500.00         2.00 GB    50.0 %  1.75 (1.50 to 1.88)")
        #expect(lines[1].contains("4.00 GB"))
        #expect(lines.suffix(3) == ["lockstep: 4.50 (4.25 to 5.00)", "not measured", ""])
    }
}
