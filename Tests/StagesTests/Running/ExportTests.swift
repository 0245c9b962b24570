import Foundation
import JSON
import TestSupport
import Testing

@Suite struct ExportTests {
    /// The Python code of the documents, block by block.
    private static func blocks(of document: String) throws -> [String] {
        let text = String(
            decoding: try Data(contentsOf: Fixtures.repository.appending(path: document)), as: UTF8.self)
        return text.components(separatedBy: "```python\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
    }

    private static func measured(in directory: URL) throws -> URL {
        let archive = try SmallArchive(in: directory)
        try archive.writeManifest(specs: "[{method: rtn, bits: [4, 3], group: 8}]", windows: 3)
        let workspace = directory.appending(path: "qid-workspace")
        let run = try qid(["run", archive.manifest.path, "--workspace", workspace.path])
        try #require(run.status == 0, "\(run.errors)")
        return workspace
    }

    @Test func viewsAndEvaluationsBecomeFiles() throws {
        try withScratchDirectory { directory in
            let workspace = try Self.measured(in: directory)
            func files(_ arguments: String...) throws -> [String: Data] {
                let place = directory.appending(path: UUID().uuidString)
                let outcome = try qid(["export", "--workspace", workspace.path, "--output", place.path] + arguments)
                try #require(outcome.status == 0, "\(outcome.errors)")
                return try FileManager.default.contentsOfDirectory(atPath: place.path).reduce(into: [:]) {
                    files, name in
                    files[name] = try Data(contentsOf: place.appending(path: name))
                }
            }
            let tables = try files()
            #expect(
                tables.keys.sorted() == [
                    "best_spec.csv", "forecast.csv", "law.csv", "loss.csv", "model.csv", "qid.csv", "trace.csv",
                ])
            let query = try qid(["sql", "SELECT * FROM loss", "--format", "csv", "--workspace", workspace.path])
            #expect(tables["loss.csv"] == Data(query.output.utf8))
            let lines = try #require(try files("qid", "--format", "jsonl")["qid.jsonl"]).split(separator: 10)
            #expect(
                lines.count == String(decoding: tables["qid.csv"] ?? Data(), as: UTF8.self).split(separator: "\n").count
                    - 1)
            #expect(try JSONValue(parsing: Array(lines[0])).object?["spec"]?.string?.hasPrefix("rtn-sym-") == true)

            let evaluations = try FileManager.default.contentsOfDirectory(
                atPath: workspace.appending(path: "store/evaluations").path
            ).sorted()
            for format in ["lm-eval", "every-eval-ever"] {
                let results = try files("--format", format)
                #expect(results.keys.sorted() == evaluations)
                let text = String(decoding: try #require(results.values.first), as: UTF8.self)
                #expect(text.contains("perplexity") && text.contains("qid"))
            }
        }
    }

    @Test(arguments: [
        (["--format", "lm-eval", "qid"], "writes evaluations, and no views"),
        (["nothing"], "no view is called 'nothing'; there are "), (["qid\" --"], "no view is called"),
    ])
    func mistakesAreNamed(_ arguments: [String], _ message: String) throws {
        try withScratchDirectory { directory in
            let workspace = try Self.measured(in: directory)
            let place = directory.appending(path: "out")
            let outcome = try qid(
                ["export", "--workspace", workspace.path, "--output", place.path] + arguments)
            #expect(outcome.status == 64)
            #expect(outcome.errors.contains(message), "\(outcome.errors)")
            #expect(!FileManager.default.fileExists(atPath: place.path))
        }
    }

    @Test(.enabled(if: Program.pythonHas("pandas", "duckdb"), "no Python with pandas and DuckDB on this machine"))
    func thePythonOfTheDocumentsRuns() throws {
        try withScratchDirectory { directory in
            let workspace = try Self.measured(in: directory)
            let export = directory.appending(path: "export")
            try #require(try qid(["export", "--workspace", workspace.path, "--output", export.path]).status == 0)
            for block in try Self.blocks(of: "Sources/Warehouse/Warehouse.docc/FromPython.md") {
                let outcome = try Program.python("import os\nos.chdir('\(directory.path)')\n" + block)
                #expect(outcome.status == 0, "\(outcome.errors)")
                #expect(outcome.output.contains("rtn-sym-w4-g8"))
            }
        }
    }
}
