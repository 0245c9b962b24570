import Foundation
import JSON
import Pipeline
import System
import TestSupport
import Testing
import Warehouse

/// The demo archive through all stages, against losses that transformers computed in float32.
struct DemoTests {
    /// The steps of each run that have references, in each form that the archive has.
    private static let steps = [
        "neox-25k-seed1": [64, 1024], "neox-25k-seed2": [1024], "neox-85k-seed1": [64, 1024], "neox-85k-seed2": [1024],
        "neox-200k-seed1": [64, 1024], "neox-560k-seed1": [256, 1024],
    ]

    @Test func lossesAreThoseOfTransformers() throws {
        try withScratchDirectory { directory in
            let demo = Fixtures.demo.path
            let archives = Self.steps.sorted { $0.key < $1.key }.map {
                "{path: \(demo)/archive/\($0.key), family: neox-demo, tokens_per_step: 4096, steps: \($0.value)}"
            }
            let manifest = """
                name: oracles
                archives: [\(archives.joined(separator: ", "))]
                shard: \(demo)/heldout.jsonl.zst
                context: 256
                windows: 128
                order: shard
                specs:
                  - {method: rtn, bits: [4, 3, 2], group: 16, symmetric: false}
                  - {method: rtn, bits: [8, 4, 3, 2], group: channel, symmetric: true}
                laws: []

                """
            let file = directory.appending(path: "manifest.yaml")
            try replaceFile(Array(manifest.utf8), at: file)
            let workspace = directory.appending(path: "workspace")
            let run = try qid(["run", file.path, "--workspace", workspace.path])
            try #require(run.status == 0, "\(run.errors)")
            #expect(try compare(WarehouseReader(reading: workspace.appending(path: "warehouse.sqlite"))) == 80)
        }
    }

    /// The demo as its manifest says it: what its report states, and every answer that the documents print.
    @Test func documentsPrintTheAnswersOfTheDemosWarehouse() throws {
        try withScratchDirectory { directory in
            let manifest = Fixtures.repository.appending(path: "Manifests/demo.yaml").path
            let workspace = directory.appending(path: "workspace")
            let run = try qid(
                ["run", manifest, "--workspace", workspace.path], environment: ["QID_KERNELS": "avx2"])
            try #require(run.status == 0, "\(run.errors)")
            #expect(run.output.contains("gptq beats rtn in 24 of 24 cells at 3 bits"), "\(run.output)")
            let report = workspace.appending(path: "runs/\(try names(in: workspace.appending(path: "runs"))[0])/report")
            let page = String(decoding: try readFile(report.appending(path: "index.html")), as: UTF8.self)
            #expect(page.contains("of 24 cells at 3 bits and in") && page.contains("Pareto"))
            let questions = try PrintedQuestion.all()
            #expect(questions.count { $0.document == "QuestionsInSQL.md" } >= 10)
            for question in questions {
                let answer = try qid(["sql", question.sql, "--workspace", workspace.path])
                #expect(answer.output == question.answer, "\(question.document): \(question.sql)\n\(answer.errors)")
            }
        }
    }

    /// Compares every loss that has a reference and returns how many there were.
    private func compare(_ warehouse: WarehouseReader) throws -> Int {
        var compared = 0
        for (series, steps) in Self.steps {
            for step in steps {
                let oracle = try #require(try Fixtures.json("rtn/\(series)/step\(step).json").object)
                for member in oracle.members where member.key != "tokens" {
                    let expected = try #require(member.value.double)
                    let answer = try warehouse.query(
                        """
                        SELECT loss FROM loss
                        WHERE series = '\(series)' AND step = \(step) AND spec = '\(member.key)'
                        """)
                    guard answer.rows.count == 1, case .real(let loss)? = answer.rows[0].first else {
                        Issue.record("not one loss of \(series) step \(step) \(member.key)")
                        continue
                    }
                    #expect(abs(loss - expected) < 1e-6, "\(series) step \(step) \(member.key)")
                    compared += 1
                }
            }
        }
        return compared
    }
}

/// A question to the warehouse with its answer, as a document prints them.
private struct PrintedQuestion {
    let document: String
    let sql: String
    let answer: String

    /// Those of the documents for people who ask: a question begins with `$ qid sql "`, its answer ends at an empty line.
    static func all() throws -> [Self] {
        let files = ["README.md", "Sources/Warehouse/Warehouse.docc/QuestionsInSQL.md"]
        return try files.map { Fixtures.repository.appending(path: $0) }.flatMap { file in
            String(decoding: try readFile(file), as: UTF8.self)
                .matches(of: /\n    \$ qid sql "([^"]+)"\n((?:    .+\n)+)/)
                .map { match in
                    let lines = match.2.split(separator: "\n").map { $0.dropFirst(4) + "\n" }
                    return Self(
                        document: file.lastPathComponent, sql: String(match.1), answer: lines.joined())
                }
        }
    }
}
