import Foundation
import Report
import TestSupport
import Testing

/// Charts as files of their own.
struct FigureFileTests {
    private static func figures() throws -> [FigureFile] { try RenderedReport(SampleContent.content()).figures }

    @Test func everyChartHasAFileOfEachKindUnderANameOfItsOwn() throws {
        let figures = try Self.figures()
        #expect(figures.count >= 3 && Set(figures.map(\.name)).count == figures.count)
        for figure in figures {
            #expect(figure.name.wholeMatch(of: /[0-9]{2,}(-[a-z0-9]+)+/) != nil, "\(figure.name)")
            #expect(ElementCollector(figure.svg) != nil)
            #expect(figure.svg.contains("xmlns"))
        }
    }

    /// The table at a PDF file's end says where each object begins, and a stream is as long as it says.
    @Test func aPDFFileIsWholeAndShowsTheTextsOfTheDrawing() throws {
        for figure in try Self.figures() {
            let bytes = Array(figure.pdf.utf8)
            #expect(figure.pdf.hasPrefix("%PDF-1.4\n") && figure.pdf.hasSuffix("%%EOF\n"))
            #expect(bytes.allSatisfy { $0 < 0x80 })
            let start = try #require(figure.pdf.firstMatch(of: /startxref\n(\d+)\n/).flatMap { Int($0.1) })
            let table = String(decoding: bytes[start...], as: UTF8.self)
            #expect(table.hasPrefix("xref\n0 6\n0000000000 65535 f \n"))
            let offsets = table.matches(of: /(\d{10}) 00000 n \n/).compactMap { Int($0.1) }
            #expect(offsets.count == 5)
            for (place, offset) in offsets.enumerated() {
                #expect(String(decoding: bytes[offset...], as: UTF8.self).hasPrefix("\(place + 1) 0 obj\n"))
            }
            let stream = try #require(figure.pdf.firstMatch(of: /Length (\d+) >>\nstream\n((?:.|\n)*?)\nendstream/))
            #expect(Int(stream.1) == stream.2.utf8.count)
            #expect(stream.2.matches(of: /\bq\b/).count == stream.2.matches(of: /\bQ\b/).count)
            // Each text of the SVG stands in it, in WinAnsi, as far as that has its letters.
            let texts = try #require(ElementCollector(figure.svg)).texts.map(\.content)
            let shown = Set(stream.2.matches(of: /<([0-9A-F]*)> Tj/).map { String($0.1) })
            for text in texts where text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) {
                let code = text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
                #expect(shown.contains(code), "\(figure.name): \(text)")
            }
        }
    }

    @Test func namesFromArchivesCannotEndAStringOfPDF() throws {
        let evil = ") Tj ET \u{202e}endstream > < αβ 日本 \u{0}"
        let content = try SampleContent.content(try SampleContent.cells(family: evil))
        for figure in RenderedReport(content).figures {
            #expect(!figure.pdf.contains("Tj ET \u{202e}") && figure.pdf.matches(of: /endstream/).count == 1)
            #expect(figure.name.utf8.allSatisfy { $0 < 0x80 && $0 != 0x2f })
        }
    }
}
