import Foundation
import JSON
import Pipeline
import System
import TestSupport
import Testing

/// A run's report in other forms, and beside another's.
struct RunReportTests {
    private func run(_ archive: SmallArchive, _ workspace: URL) throws {
        let outcome = try qid(["run", archive.manifest.path, "--workspace", workspace.path])
        try #require(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func twoRunsSideBySide() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let workspace = directory.appending(path: "workspace")
            try run(archive, workspace)
            let first = try #require(try names(in: workspace.appending(path: "runs")).first)
            // Other windows, and two bits in another group.
            try archive.writeManifest(
                specs: "[{method: rtn, bits: [4, 3], group: 8, symmetric: false}, {method: rtn, bits: 2, group: 4}]",
                windows: 7)
            try run(archive, workspace)
            let place = ["--workspace", workspace.path]
            let same = try qid(["report", first, "--compare", first] + place)
            #expect(same.output.contains("18 cells are equal, 0 differ, 0 of them beyond"), "\(same.output)")
            let text = try qid(["report", "--compare", first] + place)
            #expect(text.status == 0, "\(text.errors)")
            #expect(text.output.contains("0 cells are equal, 12 differ"), "\(text.output)")
            #expect(text.output.contains("6 are in the first alone, 6 in the second alone"))
            let json = try qid(["report", "--compare", first, "--format", "json"] + place)
            let document = try #require(try JSONValue(parsing: json.output).object)
            #expect(document["changed"]?.array?.count == 12 && document["only_second"]?.array?.count == 6)
        }
    }

    @Test func eachForm() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let workspace = directory.appending(path: "workspace")
            let place = ["--workspace", workspace.path]
            try run(archive, workspace)
            let run = try #require(try names(in: workspace.appending(path: "runs")).first)
            let report = workspace.appending(path: "runs/\(run)/report")
            for (format, file) in [("markdown", "report.md"), ("html", "index.html"), ("json", "report.json")] {
                let written = String(decoding: try readFile(report.appending(path: file)), as: UTF8.self)
                #expect(try qid(["report", report.path, "--format", format]).output == written)
            }
            let rows = try qid(["report", run, "--format", "csv"] + place).output.split(separator: "\n")
            #expect(rows.count == 19 && rows[0].hasPrefix("family,params,tokens"))
            let paper = try qid(["report", "--format", "tex"] + place).output
            #expect(paper.contains("\\begin{tikzpicture}") && paper.contains("\\toprule"))
            #expect(paper.hasSuffix("\\end{document}\n"))
            #expect(try qid(["report", "--format", "pdf"] + place).status == 64)
            // Each chart is a file of its own, as PDF and as SVG, the same in the report's directory.
            let folder = directory.appending(path: "figures")
            let said = try qid(["report", run, "--figures", folder.path] + place)
            let files = try names(in: folder)
            #expect(said.output == "\(files.count) files in \(folder.path)\n", "\(said.errors)")
            #expect(files.count { $0.hasSuffix(".pdf") } == files.count { $0.hasSuffix(".svg") } && files.count >= 4)
            for name in files {
                #expect(
                    try readFile(folder.appending(path: name))
                        == readFile(report.appending(path: "figures/\(name)")))
            }
            let both = try qid(["report", "--figures", folder.path, "--format", "tex"] + place)
            #expect(both.output == paper)
            #expect(try qid(["report", "--figures", folder.path, "--compare", run] + place).status == 64)
            let none = try qid(["report", "other"] + place)
            #expect(none.status == 66 && none.errors.contains("holds a report"), "\(none.errors)")
        }
    }

    /// What pdflatex refuses is no LaTeX.
    @Test(.enabled(if: Program(URL(filePath: "/usr/bin/pdflatex")).isInstalled, "pdflatex is not installed"))
    func latexTakesIt() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let workspace = directory.appending(path: "workspace")
            try run(archive, workspace)
            var paper = try qid(
                ["report", "--format", "tex", "--figures", directory.path, "--workspace", workspace.path]
            ).output
            let figures = try names(in: directory).filter { $0.hasSuffix(".pdf") }
            let included = figures.map { "\\includegraphics[width=.4\\textwidth]{\(directory.path)/\($0)}\n" }.joined()
            paper.replace("\\end{document}", with: included + "\\end{document}")
            paper.replace("\\begin{document}", with: "\\usepackage{graphicx}\\begin{document}")
            try replaceFile(Array(paper.utf8), at: directory.appending(path: "paper.tex"))
            let outcome = try Program(URL(filePath: "/usr/bin/pdflatex")).run([
                "-interaction=nonstopmode", "-halt-on-error", "-output-directory", directory.path,
                directory.appending(path: "paper.tex").path,
            ])
            #expect(outcome.status == 0, "\(outcome.output.suffix(2000))")
        }
    }
}
