import Foundation
import JSON
import Pipeline
import Stages
import TestSupport
import Testing

/// What somebody can ask who was not there when a run ran.
@Suite struct StatusTests {
    private static func lines(_ file: URL) throws -> [JSONObject] {
        try Data(contentsOf: file).split(separator: UInt8(ascii: "\n")).map {
            try #require(try JSONValue(parsing: Array($0)).object)
        }
    }

    @Test func theLogHasALineForEveryCellAndStatusSumsItUp() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            // Blocks of 32 do not divide rows of 24, so these fail on some checkpoints.
            try archive.writeManifest(
                specs: "[{method: rtn, bits: 4, group: 8}, {method: rtn, format: nf4, group: 32}]", windows: 3)
            let workspace = directory.appending(path: "workspace")
            let place = ["--workspace", workspace.path]
            let run = try qid(["run", archive.manifest.path] + place)
            #expect(run.status == 65, "\(run.errors)")
            let runs = try FileManager.default.contentsOfDirectory(atPath: workspace.appending(path: "runs").path)
            let log = workspace.appending(path: "runs/\(try #require(runs.first))/log.jsonl")
            let events = try Self.lines(log)
            let cells = events.filter { $0["event"]?.string == "cell" }
            let evaluated = cells.filter { $0["stage"]?.string == "evaluate" }
            let failed = cells.filter { $0["status"]?.string == "failed" }
            let count = try FileManager.default.contentsOfDirectory(
                atPath: workspace.appending(path: "store/evaluations").path
            ).count
            #expect(evaluated.count == count)
            #expect(evaluated.allSatisfy { $0["windows"]?.int == 3 && ($0["loss"]?.double ?? 0) > 0 })
            #expect(!failed.isEmpty)
            #expect(failed.allSatisfy { $0["reason"]?.string?.contains("do not divide") == true })
            #expect(events.last?["event"]?.string == "end" && events.last?["status"]?.int == 65)

            let text = try qid(["status"] + place).output
            #expect(text.contains("ended ") && text.contains("with status 65"))
            #expect(text.contains("evaluated \(count) cells"))
            #expect(text.contains("  quantize rtn-nf4-g32: "))
            let metrics = directory.appending(path: "qid.prom")
            let json = try JSONValue(
                parsing: Array(try qid(["status", "--json", "--metrics", metrics.path] + place).output.utf8))
            let activity = try #require(json.object?["runs"]?.array?.first?.object?["activity"]?.object)
            #expect(activity["evaluated"]?.int == count)
            #expect(activity["failures"]?.array?.count == failed.count)
            let gauges = String(decoding: try Data(contentsOf: metrics), as: UTF8.self)
            #expect(gauges.contains("# TYPE qid_run_cells gauge\n"))
            #expect(gauges.contains("qid_last_run_failures{run=\"\(runs[0])\"} \(Double(failed.count))\n"))

            // Nothing is done again, so the log of the next time has no cells but the ones that still fail.
            #expect(try qid(["run", archive.manifest.path] + place).status == 65)
            let again = try Self.lines(log).dropFirst(events.count)
            #expect(again.first?["event"]?.string == "run")
            #expect(!again.contains { $0["event"]?.string == "cell" && $0["status"]?.string == "made" })
        }
    }

    @Test func anActivityIsOfTheLastTime() throws {
        func event(_ text: String) throws -> JSONObject {
            try #require(try JSONValue(parsing: Array(text.utf8)).object)
        }
        let events = try [
            #"{"time":"1","event":"run"}"#, #"{"time":"1","event":"error","message":"old"}"#,
            #"{"time":"2","event":"run"}"#,
            #"{"time":"3","event":"stage","stage":"quantize","seconds":2.5,"status":0}"#,
            #"{"time":"4","event":"cell","stage":"evaluate","status":"made","seconds":6,"cells_together":3}"#,
            #"{"time":"4","event":"cell","stage":"evaluate","status":"made","seconds":6,"cells_together":3}"#,
            #"{"time":"5","event":"stage","stage":"quantize","seconds":1.5,"status":0}"#,
            #"{"time":"6","event":"error","stage":"evaluate","message":"no room"}"#,
        ].map(event)
        let activity = try #require(RunActivity(events))
        #expect(activity.begun == "2" && activity.ended == nil)
        #expect(activity.stages.map(\.name) == ["quantize"] && activity.stages[0].seconds == 4)
        #expect(activity.evaluated == 2 && activity.evaluationSeconds == 4)
        #expect(activity.secondsLeft(for: 10) == 20)
        #expect(activity.failures == [.init(stage: "evaluate", cell: nil, reason: "no room")])
        #expect(RunActivity([]) == nil)
    }
}
