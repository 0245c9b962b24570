import Foundation
import JSON
import Pipeline
import System
import TestSupport
import Testing
import Warehouse

/// The demo archive through all stages, against losses that transformers computed in float32.
struct DemoTests {
    private static let sizes = ["neox-25k": 25472, "neox-85k": 84912, "neox-200k": 200_064]

    @Test func lossesAreThoseOfTransformers() throws {
        try withScratchDirectory { directory in
            let demo = Fixtures.demo.path
            // The largest model has no references at these steps.
            let archives = Self.sizes.keys.sorted().map {
                "{path: \(demo)/archive/\($0), family: neox-demo, tokens_per_step: 4096, steps: [64, 4096]}"
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
            #expect(try compare(WarehouseReader(reading: workspace.appending(path: "warehouse.sqlite"))) == 40)
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
            manifest.replace("    tokens_per_step:", with: "    steps: [256, 512, 1024]\n    tokens_per_step:")
            manifest.replace("laws: [qid-unified, qid-per-bit]", with: "laws: []")
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

    /// Compares every loss for which there is an oracle and returns how many there were.
    private func compare(_ warehouse: WarehouseReader) throws -> Int {
        var compared = 0
        for (name, params) in Self.sizes {
            for step in [64, 4096] {
                let file = "rtn/\(name)/step\(step).json"
                guard try exists(Fixtures.directory.appending(path: file)) else { continue }
                let oracle = try #require(try Fixtures.json(file).object)
                for member in oracle.members where member.key != "tokens" {
                    let expected = try #require(member.value.double)
                    let answer = try warehouse.query(
                        "SELECT loss FROM loss WHERE params = \(params) AND step = \(step) AND spec = '\(member.key)'")
                    guard case .real(let loss)? = answer.rows.first?.first else {
                        Issue.record("no loss of \(name) step \(step) \(member.key)")
                        continue
                    }
                    #expect(abs(loss - expected) < 1e-4, "\(name) step \(step) \(member.key)")
                    compared += 1
                }
            }
        }
        return compared
    }
}
