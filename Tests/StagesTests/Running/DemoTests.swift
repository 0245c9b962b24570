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

    /// A part of what the demo's own manifest measures.
    @Test func gptqBeatsRoundToNearestAndTheReportSaysSo() throws {
        try withScratchDirectory { directory in
            let demo = Fixtures.demo.path
            var manifest = String(
                decoding: try readFile(Fixtures.repository.appending(path: "Manifests/demo.yaml")), as: UTF8.self)
            manifest.replace("demo/", with: "\(demo)/")
            manifest.replace("windows: 128", with: "windows: 32")
            manifest.replace("steps: [128, 256, 512, 1024]", with: "steps: [256, 1024]")
            manifest.replace(#/\nlaws: .+/#, with: "\nlaws: []")
            let file = directory.appending(path: "manifest.yaml")
            try replaceFile(Array(manifest.utf8), at: file)
            let workspace = directory.appending(path: "workspace")
            let run = try qid(["run", file.path, "--workspace", workspace.path])
            try #require(run.status == 0, "\(run.errors)")
            let answer = try WarehouseReader(reading: workspace.appending(path: "warehouse.sqlite")).query(
                """
                SELECT count(*), sum(g.qid < r.qid), sum(abs(g.bits_per_weight - r.bits_per_weight) < 1e-9)
                FROM qid AS g JOIN qid AS r USING (checkpoint, bits, group_size)
                WHERE g.method = 'gptq' AND r.method = 'rtn' AND bits IN (2, 3)
                """)
            guard case .integer(let cells)? = answer.rows.first?[0], case .integer(let wins)? = answer.rows.first?[1]
            else {
                Issue.record("no cells of both")
                return
            }
            #expect(cells == 24 && Double(wins) >= 0.9 * Double(cells), "\(wins) of \(cells)")
            #expect(answer.rows.first?[2] == .integer(cells))
            #expect(run.output.contains("gptq beats rtn in "), "\(run.output)")
            let report = workspace.appending(path: "runs/\(try names(in: workspace.appending(path: "runs"))[0])/report")
            let page = String(decoding: try readFile(report.appending(path: "index.html")), as: UTF8.self)
            #expect(page.contains("of 12 cells at 3 bits and in") && page.contains("Pareto"))
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
