import Foundation
import JSON
import Pipeline
import Records
import System
import TestSupport
import Testing
import Warehouse

/// The commands as a person or cron runs them, on a small archive made on the spot.
struct EndToEndTests {
    @Test func onlyWhatIsMissingIsDone() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let workspace = directory.appending(path: "workspace")
            let run = { try qid(["run", archive.manifest.path, "--workspace", workspace.path]) }

            let first = try run()
            try #require(first.status == 0, "\(first.errors)")
            let made = try snapshot(workspace)
            #expect(made.filter { $0.key.hasPrefix("store/evaluations/") }.count == 24)
            #expect(made.keys.contains { $0.hasSuffix("/report/index.html") })
            #expect(try rows(workspace, "SELECT spec FROM qid") == 18)
            #expect(first.output.contains("manifest.lock.yaml"))

            let second = try run()
            #expect(second.status == 0)
            #expect(second.errors.contains("ingest: nothing new, 6 checkpoints known"))
            #expect(second.errors.contains("run: nothing new: all of 24 cells are measured and reported"))
            #expect(second.output == first.output)
            #expect(try snapshot(workspace) == made)

            // What is not as it was when the report was made is made again.
            try FileManager.default.removeItem(at: workspace.appending(path: "warehouse.sqlite"))
            let rerecorded = try run()
            #expect(rerecorded.errors.contains("record: 24 evaluations added, 0 known"), "\(rerecorded.errors)")
            #expect(try rows(workspace, "SELECT spec FROM qid") == 18)

            let evaluation = try #require(made.keys.filter { $0.hasPrefix("store/evaluations/") }.sorted().first)
            try FileManager.default.removeItem(at: workspace.appending(path: evaluation))
            #expect(try run().errors.contains("evaluate: 1 cells evaluated, 23 known"))
            #expect(try snapshot(workspace) == made)

            let compressed = try #require(try names(in: workspace.appending(path: "store/compressed")).first)
            try FileManager.default.removeItem(at: workspace.appending(path: "store/compressed/\(compressed)"))
            #expect(try run().errors.contains("run: nothing new: all of 24 cells are measured and reported"))
            let options = ["--manifest", archive.manifest.path, "--workspace", workspace.path]
            #expect(try qid(options, command: "qid-quantize").errors.contains("quantize: 1 compressed, 17 known"))
            #expect(try snapshot(workspace) == made)

            try archive.writeManifest(specs: "[{method: rtn, bits: [4, 3, 2, 8], group: 8, symmetric: false}]")
            let fifth = try run()
            #expect(fifth.errors.contains("quantize: 6 compressed, 18 known"))
            #expect(fifth.errors.contains("evaluate: 6 cells evaluated, 24 known"))
        }
    }

    /// A source's own files are linked, and nothing is ever written through a link, not by a name that we use as well.
    @Test(arguments: [false, true]) func sourcesStayAsTheyAre(linked: Bool) throws {
        try withScratchDirectory { directory in
            let step = directory.appending(path: "archive/step1")
            try SmallArchive.writeModel(width: 16, step: 1, to: step)
            let victim = directory.appending(path: "victim.txt")
            try replaceFile(Array("precious".utf8), at: victim)
            let planted = step.appending(path: "checkpoint.json")
            if linked {
                try FileManager.default.createSymbolicLink(at: planted, withDestinationURL: victim)
            } else {
                try replaceFile(Array("theirs".utf8), at: planted)
            }
            let before = try snapshot(directory)
            let run = try qid(
                [
                    "ingest", "--workspace", directory.appending(path: "workspace").path, "--family", "x",
                    step.deletingLastPathComponent().path,
                ])
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.errors.contains("1 checkpoints added"))
            #expect(try snapshot(directory).filter { !$0.key.hasPrefix("workspace/") } == before)
        }
    }

    @Test func threadsChangeNothing() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let snapshots = try ["1", "2", "3"].map { threads in
                let workspace = directory.appending(path: "workspace\(threads)")
                let run = try qid(
                    ["run", archive.manifest.path, "--workspace", workspace.path],
                    environment: ["QID_THREADS": threads])
                try #require(run.status == 0, "\(run.errors)")
                return try snapshot(workspace).filter {
                    $0.key.hasPrefix("store/evaluations") || $0.key.hasPrefix("store/compressed")
                        || $0.key.hasSuffix("report.json")
                }.values.sorted()
            }
            #expect(snapshots[0] == snapshots[1] && snapshots[0] == snapshots[2])
        }
    }

    @Test func killedAtAnyMomentTheNextRunCompletes() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let undisturbed = directory.appending(path: "undisturbed")
            try #require(try qid(["run", archive.manifest.path, "--workspace", undisturbed.path]).status == 0)

            let workspace = directory.appending(path: "killed")
            let seed: UInt64 = 3
            var random = SeededGenerator(seed: seed)
            for _ in 0..<8 {
                let running = try command("qid").start(["run", archive.manifest.path, "--workspace", workspace.path])
                usleep(UInt32.random(in: 5_000...400_000, using: &random))
                kill(running.processIdentifier, SIGKILL)
                _ = try running.finish()
            }
            let last = try qid(["run", archive.manifest.path, "--workspace", workspace.path])
            #expect(last.status == 0, "seed \(seed): \(last.errors)")
            #expect(try contents(workspace) == contents(undisturbed), "seed \(seed)")
        }
    }

    @Test func aKilledStageCostsOnlyTheCellInFlight() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let workspace = directory.appending(path: "workspace")
            try #require(
                try qid(
                    [
                        archive.archive.path, "--workspace", workspace.path, "--family", "made-up", "--tokens-per-step",
                        "1000",
                    ], command: "qid-ingest"
                ).status == 0)
            for (stage, delay) in [("qid-quantize", UInt32(8_000)), ("qid-evaluate", 20_000)] {
                let arguments = ["--workspace", workspace.path, "--manifest", archive.manifest.path]
                let running = try command(stage).start(arguments)
                usleep(delay)
                kill(running.processIdentifier, SIGKILL)
                _ = try running.finish()
                let again = try qid(arguments, command: stage)
                #expect(again.status == 0, "\(again.errors)")
            }
            #expect(
                try names(in: workspace.appending(path: "store/evaluations")).filter {
                    $0.hasSuffix(".json") && !$0.hasPrefix(".")
                }.count == 24)
        }
    }

    @Test func aBadCheckpointIsNamedAndTheOthersAreMeasured() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let bad = archive.archive.appending(path: "d16/step128/model.safetensors")
            var bytes = try readFile(bad)
            bytes.replaceSubrange(8..<9, with: [UInt8(ascii: "x")])
            try replaceFile(bytes, at: bad)
            let workspace = directory.appending(path: "workspace")
            for _ in 0..<2 {
                let run = try qid(["run", archive.manifest.path, "--workspace", workspace.path])
                #expect(run.status == 65)
                #expect(
                    run.errors.contains("ingest: bad checkpoint '\(bad.deletingLastPathComponent().path)'"),
                    "\(run.errors)")
                #expect(try rows(workspace, "SELECT 1 FROM qid") == 15)
                #expect(try rows(workspace, "SELECT 1 FROM failure WHERE stage = 'ingest'") == 1)
            }
        }
    }

    @Test func theDigestOfASourceIsThereWhereAskedFor() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let source = archive.archive.appending(path: "d16/step64").path
            var files: [[UInt8]] = []
            for options in [["--digest"], []] {
                let output = directory.appending(path: "digests-\(options.count)")
                let arguments =
                    ["--checkpoint", source, "--bits", "4", "--group", "8", "--output", output.path] + options
                try #require(try qid(arguments, command: "qid-quantize").status == 0)
                let provenance = try JSONValue(parsing: readFile(output.appending(path: "provenance.json"))).object
                #expect((provenance?["source"] == .null) == options.isEmpty)
                files.append(try readFile(output.appending(path: "model.safetensors")))
            }
            #expect(files[0] == files[1])
            let arguments = ["--manifest", archive.manifest.path, "--digest"]
            #expect(try qid(arguments, command: "qid-quantize").status == 64)
        }
    }

    @Test func cellsCanBeSharedAmongProcesses() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let whole = directory.appending(path: "whole")
            let shared = directory.appending(path: "shared")
            try #require(try qid(["run", archive.manifest.path, "--workspace", whole.path]).status == 0)
            try #require(
                try qid(["--manifest", archive.manifest.path, "--workspace", shared.path], command: "qid-ingest").status
                    == 0)
            for stage in ["qid-quantize", "qid-evaluate"] {
                let running = try (0..<3).map {
                    try command(stage).start(
                        ["--workspace", shared.path, "--manifest", archive.manifest.path, "--cells", "\($0)/3"])
                }
                for process in running { #expect(try process.finish().status == 0) }
            }
            let evaluations = { (workspace: URL) in
                try snapshot(workspace).filter { $0.key.hasPrefix("store/evaluations") }
            }
            #expect(try evaluations(shared) == evaluations(whole))
        }
    }

    @Test func verifyFindsWhatDiffers() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let workspace = directory.appending(path: "workspace")
            try #require(try qid(["run", archive.manifest.path, "--workspace", workspace.path]).status == 0)
            let run = try #require(try names(in: workspace.appending(path: "runs")).first)
            let lock = workspace.appending(path: "runs/\(run)/manifest.lock.yaml")
            let verify = { try qid(["verify", lock.path, "--workspace", workspace.path]) }
            let clean = try verify()
            #expect(clean.status == 0, "\(clean.errors)")
            #expect(clean.output.contains("all 24 cells have the same digests and losses"))

            let name = try #require(try names(in: workspace.appending(path: "store/evaluations")).first)
            let file = workspace.appending(path: "store/evaluations/\(name)")
            let text = String(decoding: try readFile(file), as: UTF8.self)
            try replaceFile(Array(text.replacing("\"perplexity\": ", with: "\"perplexity\": 1").utf8), at: file)
            let tampered = try verify()
            #expect(tampered.status == 65)
            #expect(tampered.output.contains("23 of 24 losses equal"))

            try replaceFile(Array("another text".utf8), at: archive.root.appending(path: "heldout.txt"))
            let changed = try verify()
            #expect(changed.status == 65)
            #expect(changed.errors.contains("is not what the lock was made of"))
        }
    }

    @Test func whoeverComesSecondIsToldToTryAgain() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let workspace = try Workspace(creating: directory.appending(path: "workspace"))
            let lock = try #require(try FileLock(workspace.ingestLock))
            lock.sign()
            let ingest = try qid([archive.archive.path, "--workspace", workspace.root.path], command: "qid-ingest")
            #expect(ingest.status == 75)
            #expect(ingest.errors.contains("is locked by process"), "\(ingest.errors)")
            lock.release()
        }
    }

    /// As root, who may read everything, this runs as nobody.
    @Test func whatCannotBeListedIsNotCollected() throws {
        try withScratchDirectory { directory in
            let workspace = try Workspace(creating: directory.appending(path: "workspace"))
            let artifact = workspace.compressed.appending(path: "k")
            try makeDirectory(artifact)
            let qid = StageRunner.executable(of: .ingest).replacing("qid-ingest", with: "qid")
            let collect = "'\(qid)' gc --workspace '\(workspace.root.path)'"
            let script = "chmod 0 '\(workspace.runs.path)' && \(collect)"
            let isRoot = getuid() == 0
            if isRoot {
                let owner = try Command("chown", ["-R", "65534", directory.path]).run()
                try #require(owner == .exited(status: 0))
            }
            let words = ["/bin/sh", "-c", script]
            let nobody = ["--reuid", "65534", "--clear-groups"]
            let command = isRoot ? Command("setpriv", nobody + words) : Command(words[0], Array(words.dropFirst()))
            #expect(try command.run() == .exited(status: ExitStatus.inputOutput.rawValue))
            chmod(workspace.runs.path, 0o700)
            #expect(try exists(artifact))
        }
    }

    @Test func aSignalBeforeAStageListensStopsItAsAnyOther() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let ingest = StageRunner.executable(of: .ingest)
            let script =
                "kill -TERM $$; exec '\(ingest)' '\(archive.archive.path)' --workspace '\(directory.path)/workspace'"
            #expect(try Command("/bin/sh", ["-c", script], listens: true).run() == .exited(status: 75))
            // Nobody held the signal back: it comes to the shell.
            #expect(try Command("/bin/sh", ["-c", script]).run() == .killed(signal: SIGTERM))
        }
    }

    @Test(arguments: [
        (["run", "/nowhere/manifest.yaml"], Int32(66), "no such file"),
        (["run", "MANIFEST", "--workspace", "/dev/null/x"], 73, "cannot write '/dev/null/x"),
        (["status", "--workspace", "/nowhere"], 66, "no workspace at '/nowhere'"),
        (["sql", "SELECT 1", "--workspace", "/nowhere"], 66, "no workspace at '/nowhere'"),
        (["quantize", "--checkpoint", "/nowhere", "--bits", "4", "--output", "/tmp/qid-never"], 65, "/nowhere"),
        (["quantize", "--checkpoint", "/nowhere"], 64, "--checkpoint needs --output"),
        (["evaluate", "--checkpoint", "/nowhere", "--shard", "x", "--cells", "3/2"], 64, "is not I/N"),
        (["fit", "--points", "/nowhere.csv", "--law", "qid-unified"], 66, "'/nowhere.csv' is not there"),
    ])
    func mistakesHaveAStatusAndAReason(_ arguments: [String], _ status: Int32, _ reason: String) throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let outcome = try qid(arguments.map { $0 == "MANIFEST" ? archive.manifest.path : $0 })
            #expect(outcome.status == status, "\(outcome.errors)")
            #expect(outcome.errors.contains(reason), "\(outcome.errors)")
        }
    }

    /// What was printed arrives, or the status says that it did not.
    @Test(arguments: [["--help"], ["methods"], ["methods", "--format", "markdown"], ["fit", "--help"]])
    func aFullStandardOutputIsHeardOf(_ arguments: [String]) throws {
        let program = command("qid").program.path
        let line = (["'\(program)'"] + arguments).joined(separator: " ")
        let shell = Program(URL(filePath: "/bin/sh"))
        for target in [">/dev/full", ">&-"] {
            let outcome = try shell.run(["-c", "\(line) \(target)"])
            #expect(outcome.status == 74, "\(arguments) \(target)")
            #expect(outcome.errors.contains("cannot write to standard output"))
        }
        #expect(try shell.run(["-c", line]).status == 0)
    }

    private func rows(_ workspace: URL, _ question: String) throws -> Int {
        try WarehouseReader(reading: workspace.appending(path: "warehouse.sqlite")).query(question).rows.count
    }

    private func contents(_ workspace: URL) throws -> String {
        try WarehouseReader(reading: workspace.appending(path: "warehouse.sqlite")).contents()
    }

    /// All files of a workspace that runs make and do not append to, with their digests.
    private func snapshot(_ workspace: URL) throws -> [String: String] {
        var files: [String: String] = [:]
        for case let path as String in FileManager.default.enumerator(atPath: workspace.path) ?? .init() {
            let file = workspace.appending(path: path)
            let isRegular =
                try FileManager.default.attributesOfItem(atPath: file.path)[.type] as? FileAttributeType == .typeRegular
            guard isRegular, !path.hasSuffix("log.jsonl"), !path.hasSuffix(".lock"), !path.hasPrefix("warehouse") else {
                continue
            }
            files[path] = sha256(try readFile(file))
        }
        return files
    }
}
