import Foundation
import JSON
import Records
import Report
import ScalingLaws
import Testing

@Suite struct RenderedReportTests {
    @Test func equalContentsGiveEqualBytes() throws {
        let first = RenderedReport(try SampleContent.content())
        let second = RenderedReport(try SampleContent.content(try SampleContent.cells()))
        #expect(first == second)
    }

    @Test func thePageNeedsNothingElseAndIsWellFormed() throws {
        let report = RenderedReport(try SampleContent.content())
        let page = try #require(ElementCollector(report.html))
        #expect(page.names.count { $0 == "svg" } >= 10)
        #expect(Set(page.names).isDisjoint(with: ["img", "link", "iframe", "object", "image", "use"]))
        // Its own: the cells as data, and the one script whose digest the page's policy names.
        #expect(page.names.count { $0 == "script" } == 2)
        #expect(page.attributes.contains { $0["content"]?.contains("script-src 'sha256-") == true })
        #expect(page.attributes.allSatisfy { Set($0.keys).isDisjoint(with: ["src", "href", "onload", "onclick"]) })
        #expect(!report.html.contains("url(") && !report.html.contains("@import"))
        let style = try #require(report.html.firstRange(of: "<style>"))
        let end = try #require(report.html.firstRange(of: "</style>"))
        #expect(!report.html[style.upperBound..<end.lowerBound].contains { "&<>\"'".contains($0) })
        #expect(page.attributes.contains { $0["name"] == "viewport" })
        #expect(report.html.contains("prefers-color-scheme:dark"))
    }

    @Test func namesFromArchivesCannotBecomeMarkup() throws {
        let evil = "</td><script>alert('1')</script>\u{0}\u{202e}&\"|`_*⟦x^2⟧\n# x [a](b)"
        let cells = try SampleContent.cells(family: evil)
        var content = try SampleContent.content(
            cells, failures: [Failure(stage: evil, subject: evil, reason: evil)])
        content.title = evil
        content.run.shard = evil
        let report = RenderedReport(content)
        let page = try #require(ElementCollector(report.html))
        #expect(page.names.count { $0 == "script" } == 2)
        #expect(page.content.contains("<script>alert('1')</script>\u{fffd}\u{fffd}&\""))
        #expect(!report.markdown.contains("<script>") && !report.markdown.contains("\n# x"))
        #expect(!report.markdown.contains("[a](b)"))
        #expect(!report.html.unicodeScalars.contains("\u{202e}") && !report.plot.unicodeScalars.contains("\u{202e}"))
        #expect(ElementCollector(report.plot) != nil)
        guard case .object(let document) = try JSONValue(parsing: report.json) else {
            Issue.record("the JSON report is no object")
            return
        }
        #expect(document["title"] == .string(evil))
    }

    @Test func noTwoTextsOfAChartOverlap() throws {
        let one = try SampleContent.cells()
        let two = try one + SampleContent.cells(family: "a-family-of-a-long-name", offset: 1e-6)
        for cells in [one, two] {
            let report = RenderedReport(try SampleContent.content(cells))
            for text in [report.html, report.plot] {
                let texts = try #require(ElementCollector(text)).texts
                #expect(texts.count > 30)
                for first in texts.indices {
                    for second in texts.indices where second > first && texts[first].drawing == texts[second].drawing {
                        #expect(!TextBoxes.overlap(texts[first], texts[second]), "\(texts[first]) and \(texts[second])")
                    }
                }
            }
        }
    }

    @Test func pointsThatALogarithmCannotShowStandOnTheFloorAndAreCounted() throws {
        var cells = try SampleContent.cells()
        cells[0].degradation.kl = 0
        let report = RenderedReport(try SampleContent.content(cells, laws: []))
        #expect(report.html.contains("KL 0"))
        #expect(report.html.contains("which a logarithmic axis cannot show (1)"))
    }

    @Test func everyCellAndLawIsInEveryRendering() throws {
        let content = try SampleContent.content(
            failures: [Failure(stage: "ingest", subject: "a.tar", reason: "ends early")])
        let report = RenderedReport(content)
        guard case .object(let document) = try JSONValue(parsing: report.json) else {
            Issue.record("the JSON report is no object")
            return
        }
        #expect(document["format"] == "qid-report/1")
        #expect(document["cells"]?.array?.count == content.measurements.count)
        #expect(document["laws"]?.array?.count == 2)
        #expect(document["headline"]?.string == headline(for: content))
        for text in [report.html, report.markdown] {
            #expect(text.contains("ends early") && text.contains("0.5251") && text.contains("0.65506"))
            #expect(text.contains("qid verify manifest.lock.yaml"))
            #expect(text.contains("which its unified law does not reproduce"))
        }
        #expect(report.markdown.contains("](\(RenderedReport.plotFileName))"))
        #expect(
            report.markdown.split(separator: "\n").count { $0.hasPrefix("| rtn-asym-w") && $0.contains("| neox |") }
                == 48)
    }

    @Test func aReportOfNothingSaysSo() throws {
        let content = try SampleContent.content([], laws: [])
        #expect(headline(for: content) == "Nothing has been measured.")
        let report = RenderedReport(content)
        #expect(ElementCollector(report.html) != nil)
        #expect(ElementCollector(report.plot) != nil)
    }
}
