import Evaluation
import JSON
import Records
import Report
import Testing

/// What a report says of windows that were not needed.
@Suite struct SavingsTests {
    /// Sixteen checkpoints at three bit widths, each known to a twentieth of its QiD after 16 of 64 windows.
    private func content(target: Double?, windows: Int = 16) throws -> ReportContent {
        var cells = try SampleContent.cells()
        for place in cells.indices where target != nil {
            cells[place].scored.windows = windows
            cells[place].scored.stopping = .init(
                availableWindows: 64, target: PrecisionTarget(qidStderr: target ?? 0))
            cells[place].degradation.qidStderr = 0.001
        }
        var content = try SampleContent.content(cells, laws: [])
        content.run.target = PrecisionTarget(qidStderr: target, klError: nil)
        return content
    }

    @Test func theHeadlineSaysIt() throws {
        #expect(
            headline(for: try content(target: 0.002)).contains(
                "QiD is measured to ±0.002 nats (standard error) with 25 % of the windows."))
        #expect(
            headline(for: try content(target: 0.002, windows: 4)).contains("with 6.2 % of the windows."))
        #expect(!headline(for: try content(target: nil)).contains("windows"))
    }

    @Test func cellsThatFellShortAreOwnedUpTo() throws {
        var content = try content(target: 0.002)
        content.measurements[7].scored.windows = 64
        content.measurements[7].degradation.qidStderr = 0.0051
        #expect(
            headline(for: content).contains(
                """
                QiD is measured to ±0.002 nats (standard error) in 47 of 48 cells with 27 % of the windows; in the \
                others, which used all of them, to ±0.0051 nats or better.
                """), "\(headline(for: content))")
    }

    @Test func precisionOfKLIsRelative() throws {
        var content = try content(target: 0.002)
        content.run.target = PrecisionTarget(klError: 0.05)
        for place in content.measurements.indices {
            content.measurements[place].degradation.klStderr = content.measurements[place].degradation.kl * 0.04
        }
        #expect(headline(for: content).contains("KL is measured to ±5 % (standard error) with 25 % of the windows."))
        content.measurements[3].degradation.klStderr = content.measurements[3].degradation.kl * 0.075
        #expect(headline(for: content).contains("in 47 of 48 cells"))
        #expect(headline(for: content).contains("to ±7.5 % or better."))
        content.run.target = PrecisionTarget(qidStderr: 0.002, klError: 0.1)
        #expect(headline(for: content).contains("QiD is measured to ±0.002 nats and KL to ±10 % (standard error) with"))
    }

    @Test func tablesAndJSONHaveTheWindows() throws {
        let report = RenderedReport(try content(target: 0.002))
        #expect(report.html.contains("16 of 64") && report.markdown.contains("16 of 64"))
        let json = try #require(try JSONValue(parsing: report.json).object)
        let savings = try #require(json["savings"]?.object)
        #expect(savings["qid_stderr_target"]?.double == 0.002 && savings["cells_short_of_target"] == 0)
        #expect(savings["windows_used"]?.int == 48 * 16 && savings["windows_available"]?.int == 48 * 64)
        #expect(json["cells"]?.array?[0].object?["windows"]?.int == 16)
        let fixed = RenderedReport(try content(target: nil))
        #expect(!fixed.html.contains("16 of 64"))
        #expect(try JSONValue(parsing: fixed.json).object?["savings"] == .null)
    }
}
