import Foundation
import JSON
import Pipeline
import Records
import System
import TestSupport
import Testing
import Warehouse

/// Manifests that ask for a standard error of QiD, or for the second half of windows.
struct TargetTests {
    /// The standard error that about half of the cells have after the first block of windows.
    private static let target = 0.0025
    private static let specs = "[{method: rtn, bits: [8, 4, 3], group: 8, symmetric: false}]"

    private func writeManifest(
        _ archive: SmallArchive, _ keys: String, specs: String = Self.specs, shard: String = "heldout.txt",
        name: String = "manifest.yaml"
    ) throws -> String {
        let text = """
            name: small
            archives: [{path: archive, family: made-up, tokens_per_step: 1000}]
            shard: \(shard)
            context: 32
            \(keys)
            specs: \(specs)
            laws: [qid-unified]

            """
        let file = archive.root.appending(path: name)
        try replaceFile(Array(text.utf8), at: file)
        return file.path
    }

    private func evaluations(_ workspace: URL) throws -> [String: String] {
        var files: [String: String] = [:]
        let directory = workspace.appending(path: "store/evaluations")
        for name in try names(in: directory) where name.hasSuffix(".json") && !name.hasPrefix(".") {
            files[name] = sha256(try readFile(directory.appending(path: name)))
        }
        return files
    }

    private func answer(_ workspace: URL, _ question: String) throws -> [[SQLValue]] {
        try WarehouseReader(reading: workspace.appending(path: "warehouse.sqlite")).query(question).rows
    }

    private func run(_ manifest: String, _ workspace: URL) throws -> Program.Outcome {
        let outcome = try qid(["run", manifest, "--workspace", workspace.path])
        try #require(outcome.status == 0, "\(outcome.errors)")
        return outcome
    }

    @Test func cellsStopByThemselvesAndTheLockRepeatsIt() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let manifest = try writeManifest(archive, "qid_stderr: \(Self.target)")
            let workspace = directory.appending(path: "workspace")
            let outcome = try run(manifest, workspace)
            #expect(outcome.output.contains("% of the windows"), "\(outcome.output)")

            let rows = try answer(
                workspace, "SELECT windows, available_windows, stderr FROM qid ORDER BY spec, params, tokens")
            var counts: Set<Int> = []
            for row in rows {
                guard case .integer(let windows) = row[0], case .integer(let available) = row[1],
                    case .real(let stderr) = row[2]
                else {
                    Issue.record("\(row)")
                    continue
                }
                counts.insert(windows)
                #expect(windows == available || (windows % 16 == 0 && stderr <= Self.target))
                #expect(available > 48)
            }
            #expect(rows.count == 18 && counts.count > 1, "\(rows)")

            let name = try #require(try names(in: workspace.appending(path: "runs")).first)
            let lock = workspace.appending(path: "runs/\(name)/manifest.lock.yaml")
            #expect(try Lock(file: lock).windowsUsed.entries.isEmpty)
            let record = RunDirectory.windowsUsed(besideLock: lock)
            let used = try WindowsUsed(file: record).entries
            #expect(used.count == 24 && Set(used.map(\.windows)).isSuperset(of: counts))
            let report = String(
                decoding: try readFile(workspace.appending(path: "runs/\(name)/report/report.json")), as: UTF8.self)
            let savings = try #require(try JSONValue(parsing: report).object?["savings"]?.object)
            let total = used.filter { $0.spec != "baseline" }.reduce(0) { $0 + $1.windows }
            #expect(savings["windows_used"]?.int == total)

            let before = try readFile(lock)
            #expect(try run(manifest, workspace).errors.contains("nothing new: all of 24 cells"))
            #expect(try readFile(lock) == before)
            let verify = { try qid(["verify", lock.path, "--workspace", workspace.path]) }
            let clean = try verify()
            #expect(clean.status == 0, "\(clean.output) \(clean.errors)")
            let text = String(decoding: try readFile(record), as: UTF8.self)
            let first = try #require(used.first { $0.spec != "baseline" }?.windows)
            let changed = text.replacing("\"windows\": \(first)\n", with: "\"windows\": 17\n")
            try #require(changed != text)
            try replaceFile(Array(changed.utf8), at: record)
            let differing = try verify()
            #expect(differing.status == 65)
            #expect(differing.output.contains("17 windows then, \(first) now"), "\(differing.output)")
        }
    }

    @Test func companionsChangeNothing() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let manifest = try writeManifest(archive, "qid_stderr: \(Self.target)\nwindows: 50")
            let whole = directory.appending(path: "whole")
            _ = try run(manifest, whole)
            let expected = try evaluations(whole)
            #expect(expected.count == 24)

            // One after the other, each missing cell has only those of its share beside it.
            let shared = directory.appending(path: "shared")
            for (stage, shares) in [
                ("qid-ingest", [""]), ("qid-quantize", [""]), ("qid-evaluate", ["0/5", "1/5", "2/5", "3/5", "4/5"]),
            ] {
                for share in shares {
                    let cells = share.isEmpty ? [] : ["--cells", share]
                    let outcome = try qid(
                        ["--workspace", shared.path, "--manifest", manifest] + cells, command: stage)
                    try #require(outcome.status == 0, "\(outcome.errors)")
                }
            }
            #expect(try evaluations(shared) == expected)

            // Any one of them made again, without any other.
            for name in expected.keys.sorted().prefix(4) {
                try FileManager.default.removeItem(at: whole.appending(path: "store/evaluations/\(name)"))
                let again = try qid(["--workspace", whole.path, "--manifest", manifest], command: "qid-evaluate")
                #expect(again.errors.contains("1 cells evaluated, 23 known"))
                #expect(try evaluations(whole) == expected)
            }

            // A manifest with one spec asks for some of the same artifacts.
            let one = directory.appending(path: "one")
            let single = try writeManifest(
                archive, "qid_stderr: \(Self.target)\nwindows: 50",
                specs: "[{method: rtn, bits: 3, group: 8, symmetric: false}]", name: "single.yaml")
            _ = try run(single, one)
            let alone = try evaluations(one)
            #expect(alone.count == 12 && alone.allSatisfy { expected[$0.key] == $0.value })
        }
    }

    @Test func documentsAreSeparatedAsOnTheCommandLine() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let shard = directory.appending(path: "heldout.jsonl")
            let lines = (1..<40).map { "{\"text\": \"\(String(repeating: "to be or not ", count: $0 % 7 + 1))\"}\n" }
            try replaceFile(Array(lines.joined().utf8), at: shard)
            let manifest = try writeManifest(
                archive, "windows: 20\ndocuments: separate\nseparator: 2", shard: shard.lastPathComponent)
            let workspace = directory.appending(path: "workspace")
            // Models that never learned may have losses that look doubtful.
            let outcome = try qid(["run", manifest, "--workspace", workspace.path])
            try #require([0, 65].contains(outcome.status), "\(outcome.errors)")
            let answer = try answer(
                workspace,
                "SELECT loss, scored_tokens, documents, separator FROM loss WHERE step = 64 AND spec = 'baseline' ORDER BY params"
            )
            let checkpoint = archive.archive.appending(path: "d16/step64").path
            let alone = try qid(
                [
                    "--checkpoint", checkpoint, "--shard", shard.path, "--context", "32", "--windows", "20",
                    "--documents", "separate", "--separator", "2", "--json",
                ], command: "qid-evaluate")
            let json = try #require(try JSONValue(parsing: Array(alone.output.utf8)).object)
            #expect(json["documents"] == "separate" && json["separator"] == 2)
            let result = try #require(json["results"]?.array?[0].object)
            let tokens = (result["window_tokens"]?.array ?? []).compactMap(\.int)
            #expect(Set(tokens).count > 3)
            let loss = try #require(result["loss"]?.double)
            #expect(
                answer[0] == [.real(loss), .integer(tokens.reduce(0, +)), .text("separate"), .integer(2)])
        }
    }

    @Test func theSecondHalfIsScoredAsOnTheCommandLine() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let manifest = try writeManifest(archive, "windows: 6\nscore: second-half")
            let workspace = directory.appending(path: "workspace")
            _ = try run(manifest, workspace)
            let answer = try answer(
                workspace,
                "SELECT loss, scored_tokens, score FROM loss WHERE step = 64 AND spec = 'baseline' ORDER BY params")
            let checkpoint = archive.archive.appending(path: "d16/step64").path
            let alone = try qid(
                [
                    "--checkpoint", checkpoint, "--shard", directory.appending(path: "heldout.txt").path, "--context",
                    "32",
                    "--windows", "6", "--score", "second-half", "--json",
                ], command: "qid-evaluate")
            let json = try #require(try JSONValue(parsing: Array(alone.output.utf8)).object)
            let loss = try #require(json["results"]?.array?[0].object?["loss"]?.double)
            #expect(answer[0] == [.real(loss), .integer(6 * 15), .text("second-half")])
            let lock = try #require(try names(in: workspace.appending(path: "runs")).first)
            let verify = try qid(
                [
                    "verify", workspace.appending(path: "runs/\(lock)/manifest.lock.yaml").path, "--workspace",
                    workspace.path,
                ])
            #expect(verify.status == 0, "\(verify.output)")
            // All tokens of the same windows are other cells.
            let all = try writeManifest(archive, "windows: 6")
            #expect(try run(all, workspace).errors.contains("evaluate: 24 cells evaluated, 0 known"))
        }
    }
}
