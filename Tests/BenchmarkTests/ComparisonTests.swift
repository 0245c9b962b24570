import Benchmark
import JSON
import Testing

private func report(_ share: MedianEstimate, name: String = "4 bits", threads: Int = 1) -> BenchmarkReport {
    var report = BenchmarkReport()
    report.measurements = [
        Measurement(
            group: "limit", name: "copy", threads: 1, limit: .bandwidth, work: 1e9,
            cost: Cost(wallSeconds: 1, cpuSeconds: 1)),
        Measurement(
            group: "rtn", name: name, threads: threads, limit: .bandwidth, work: 1e9,
            cost: Cost(wallSeconds: 1, cpuSeconds: 1), share: share),
    ]
    return report
}

private func share(_ low: Double, _ high: Double) -> MedianEstimate {
    MedianEstimate(value: (low + high) / 2, interval: low...high)
}

struct ComparisonTests {
    private func compare(_ now: BenchmarkReport, _ base: BenchmarkReport) throws(BenchmarkError) -> BenchmarkComparison
    {
        try BenchmarkComparison(of: now, to: Array(base.json.utf8), file: "base.json")
    }

    @Test func aPartFallsOnlyByMoreThanNoise() throws {
        let base = report(share(0.4, 0.5))
        for (now, change) in [
            (share(0.3, 0.39), BenchmarkComparison.Change.slower), (share(0.3, 0.41), .withinNoise),
            (share(0.45, 0.6), .withinNoise), (share(0.51, 0.6), .faster),
        ] {
            let found = try compare(report(now), base)
            #expect(found.rows.map(\.change) == [change])
            #expect(found.hasFallen == (change == .slower))
        }
    }

    @Test func limitsAreNotCompared() throws {
        let found = try compare(report(share(0.3, 0.39)), report(share(0.4, 0.5)))
        #expect(found.rows.map(\.group) == ["rtn"])
        #expect(
            found.table.split(separator: "\n").last
                == "rtn: 4 bits        1  45.0 % (40.0 to 50.0)  34.5 % (30.0 to 39.0)  slower")
        #expect(found.json.array?.first?.object?["change"] == "slower")
    }

    @Test func whatCannotBeComparedIsRefused() throws {
        let one = report(share(0.4, 0.5))
        #expect(throws: BenchmarkError.self) { try compare(one, report(share(0.4, 0.5), name: "other")) }
        #expect(throws: BenchmarkError.self) { try compare(one, report(share(0.4, 0.5), threads: 2)) }
        // Without an interval nothing can be said.
        #expect(throws: BenchmarkError.self) { try compare(one, report(MedianEstimate(value: 0.4, interval: nil))) }
        #expect(throws: BenchmarkError.self) { try compare(report(MedianEstimate(value: 0.4, interval: nil)), one) }
        let tiles = one.json.replacing("copy_bandwidth", with: "peak_tiles")
        #expect(throws: BenchmarkError.self) {
            try BenchmarkComparison(of: one, to: Array(tiles.utf8), file: "base.json")
        }
        for text in [
            "", "[]", "{}", #"{"measurements": [1]}"#, #"{"measurements": [{"group": "rtn"}]}"#,
            one.json.replacing("\"median\"", with: "\"middle\""),
        ] {
            #expect(throws: BenchmarkError.self) {
                try BenchmarkComparison(of: one, to: Array(text.utf8), file: "base.json")
            }
        }
    }
}
