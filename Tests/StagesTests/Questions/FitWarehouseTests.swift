import Foundation
import GRDB
import JSON
import Pipeline
import TestSupport
import Testing

/// `qid fit --law` on what a workspace has measured.
struct FitWarehouseTests {
    @Test func everySchemeIsAsked() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let workspace = directory.appending(path: "workspace").path
            let run = try qid(["run", archive.manifest.path, "--workspace", workspace])
            try #require(run.status == 0, "\(run.errors)")
            let asked = ["--workspace", workspace, "--law", "qid-unified", "--critical", "--equal-memory"]
            let outcome = try qid(asked + ["--baseline", "loss = E + B / tokens^b", "--json"], command: "qid-fit")
            try #require(outcome.status == 0, "\(outcome.errors)")
            let document = try #require(try JSONValue(parsing: Array(outcome.output.utf8)).object)
            let schemes = try #require(document["schemes"]?.array).compactMap(\.object)
            #expect(!schemes.isEmpty)
            for one in schemes {
                #expect(one["family"] == "made-up" && one["law"] == "qid-unified")
                #expect(one["critical_tokens"]?.array?.isEmpty == false)
                let even = try #require(one["break_even"]?.array).compactMap(\.object)
                #expect(!even.isEmpty)
                // Scales take space: a weight of P bits takes more than P.
                #expect(even.allSatisfy { ($0["bits_per_weight"]?.double ?? 0) > ($0["bits"]?.double ?? .infinity) })
            }
        }
    }

    /// Something else under a fit's key: no report was made, so the next run does not call the one before its own.
    @Test func aRunWhoseFitFailedIsNotReported() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let workspace = directory.appending(path: "workspace")
            let command = ["run", archive.manifest.path, "--workspace", workspace.path]
            let first = try qid(command)
            try #require(first.status == 0, "\(first.errors)")
            let database = try DatabaseQueue(path: workspace.appending(path: "warehouse.sqlite").path)
            try database.write { database in
                try database.execute(
                    sql: "DROP TRIGGER fit_is_final; UPDATE fit SET objective_value = objective_value + 1")
            }
            try database.close()
            let run = try #require(
                try FileManager.default.contentsOfDirectory(atPath: workspace.appending(path: "runs").path).first)
            try FileManager.default.removeItem(at: workspace.appending(path: "runs/\(run)/reported.sha256"))
            for _ in 0..<2 {
                let again = try qid(command)
                #expect(again.status == 65 && again.errors.contains("stands recorded with objective_value"))
                #expect(again.errors.contains("no report was made of this"), "\(again.errors)")
            }
        }
    }
}
