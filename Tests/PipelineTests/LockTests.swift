import Dispatch
import Evaluation
import FoundationEssentials
import JSON
import Pipeline
import Records
import ScalingLaws
import Synchronization
import System
import TestSupport
import Testing

struct LockTests {
    static func entry(_ digest: String, step: Int) -> Lock.Entry {
        Lock.Entry(
            record: CheckpointRecord(
                digest: digest, config: "c0", tokenizer: "t0", architecture: "gpt_neox", dtype: "F16",
                size: ModelSize(parameters: 100, nonEmbeddingParameters: 60, layers: 2, width: 8, vocabulary: 16)),
            facts: TrainingFacts(family: "neox", step: step, tokens: step * 4096, phase: .unknown),
            path: "/archive/step\(step)")
    }

    static func lock(
        checkpoints: [Lock.Entry], shardPath: String = "/data/shard.txt", windows: String = "windows: 8"
    ) throws -> Lock {
        try withScratchDirectory { directory in
            let file = directory.appending(path: "manifest.yaml")
            try replaceFile(Array(ManifestTests.text.replacing("windows: 8", with: windows).utf8), at: file)
            return Lock(
                manifest: try Manifest(file: file), shard: .init(path: shardPath, sha256: "5a"), tokenizer: nil,
                checkpoints: checkpoints)
        }
    }

    @Test func readsBackWhatItWrote() throws {
        let lock = try Self.lock(checkpoints: [Self.entry("d1", step: 64), Self.entry("123", step: 128)])
        try withScratchDirectory { directory in
            let file = directory.appending(path: "manifest.lock.yaml")
            try replaceFile(Array(lock.json.yamlText.utf8), at: file)
            let read = try Lock(file: file)
            #expect(read.digest == lock.digest)
            #expect(read.json == lock.json)
            #expect(read.cells == lock.cells)
        }
    }

    @Test func digestIsOfContentsNotPlaces() throws {
        let entries = [Self.entry("d1", step: 64)]
        let lock = try Self.lock(checkpoints: entries)
        #expect(try Self.lock(checkpoints: entries, shardPath: "/elsewhere/x").digest == lock.digest)
        #expect(try Self.lock(checkpoints: [Self.entry("d2", step: 64)]).digest != lock.digest)
    }

    @Test func cellsAreTheBaselineAndEverySpecOfEveryCheckpointOnce() throws {
        let lock = try Self.lock(
            checkpoints: [Self.entry("d1", step: 64), Self.entry("d2", step: 128), Self.entry("d1", step: 64)])
        #expect(
            lock.cells.map { "\($0.checkpoint.digest) \($0.name)" } == [
                "d1 baseline", "d1 rtn-asym-w4-g16", "d1 rtn-asym-w3-g16", "d2 baseline", "d2 rtn-asym-w4-g16",
                "d2 rtn-asym-w3-g16",
            ])
        #expect(Set(lock.cells.map(\.evaluation)).count == 6)
        #expect(Set(lock.cells.compactMap(\.compressed)).count == 4)
    }

    @Test func theWindowsThatWereUsedStandBesideTheLockOrInAnOldOne() throws {
        let lock = try Self.lock(
            checkpoints: [Self.entry("d1", step: 64)],
            windows: "qid_stderr: 0.002\nkl_error: 5%\nseed: 3\ndocuments: separate\nseparator: 3\nbos: true")
        let cells = lock.cells
        var used = WindowsUsed()
        for (place, cell) in cells.enumerated() { used.add(16 * (place + 1), of: cell) }
        try withScratchDirectory { directory in
            let file = directory.appending(path: "manifest.lock.yaml")
            try replaceFile(Array(lock.json.yamlText.utf8), at: file)
            let read = try Lock(file: file)
            #expect(read == lock && read.digest == lock.digest && read.windowsUsed == WindowsUsed())
            let beside = RunDirectory.windowsUsed(besideLock: file)
            try replaceFile(Array(used.json.prettyText.utf8), at: beside)
            #expect(try WindowsUsed(file: beside) == used)
            #expect(cells.map { used[$0] } == [16, 32, 48])
            // As an earlier version wrote it.
            let old = lock.json.yamlText + "windows_used: " + used.json.canonicalText + "\n"
            try replaceFile(Array(old.utf8), at: file)
            let known = try Lock(file: file)
            #expect(known.windowsUsed == used && known.digest == lock.digest && known.json == lock.json)
        }
    }

    @Test func aBaselineIsTheSameCellForEveryTarget() throws {
        let entries = [Self.entry("d1", step: 64)]
        let lock = { try Self.lock(checkpoints: entries, windows: $0) }
        let (fine, coarse) = (try lock("qid_stderr: 0.001").cells, try lock("qid_stderr: 0.1").cells)
        #expect(fine[0] == coarse[0])
        #expect(fine[1].evaluation != coarse[1].evaluation)
        // It is the one that a fixed number of windows asks for.
        #expect(try fine[0].evaluation == lock("windows: 128").cells[0].evaluation)
        #expect(
            try lock("windows: 8\nqid_stderr: 0.1").cells[0].evaluation == lock("windows: 8").cells[0].evaluation)
        #expect(
            fine[1].extent == .until(PrecisionTarget(qidStderr: 0.001), limit: nil, baseline: fine[0].evaluation))
        #expect(try lock("kl_error: 5%").cells[1].evaluation != fine[1].evaluation)
        // What is compressed does not depend on how it is measured.
        #expect(fine.map(\.compressed) == coarse.map(\.compressed))
        #expect(try lock("score: second-half").cells[0].evaluation != lock("score: all").cells[0].evaluation)
        // Each rule by which text becomes windows is of the key.
        let rules = ["windows: 8", "bos: true", "documents: separate", "separator: 0", "documents: joined"]
        let keys = try rules.map { try lock($0 == "windows: 8" ? $0 : "windows: 8\n\($0)").cells[0].evaluation }
        #expect(Set(keys).count == 4 && keys[0] == keys[4])
    }

    /// Artifacts made before there were targets are found again, as far as the stage's version is theirs.
    @Test func keysOfFixedWindowsInTheShardsOrderAreAsEver() throws {
        let entries = [Self.entry("d1", step: 64)]
        let cells = try Self.lock(checkpoints: entries, windows: "windows: 8\norder: shard").cells
        let inputs: JSONValue = [
            "checkpoint": "d1", "config": "c0", "compressed": .null, "shard": "5a", "tokenizer": "t0",
        ]
        #expect(
            cells[0].evaluation
                == ArtifactKey(stage: .evaluate, inputs: inputs, parameters: ["context": 256, "windows": 8]))
        // A seed is part of the key; 1 is the usual one.
        let keys = try ["", "seed: 1", "order: random", "seed: 2"].map { line in
            try Self.lock(checkpoints: entries, windows: "windows: 8\n" + line).cells[0].evaluation
        }
        #expect(Set(keys + [cells[0].evaluation]).count == 3 && keys[0] == keys[1] && keys[0] == keys[2])
        #expect(
            try Self.lock(checkpoints: [], windows: "windows: 8\nscore: all").digest
                == Self.lock(checkpoints: []).digest)
    }

    @Test func anotherStageVersionIsRefused() throws {
        let text = try Self.lock(checkpoints: [Self.entry("d1", step: 64)]).json.yamlText
        try withScratchDirectory { directory in
            let file = directory.appending(path: "manifest.lock.yaml")
            let other = text.replacing("quantize: \(Stage.quantize.version)", with: "quantize: 99")
            try replaceFile(Array(other.utf8), at: file)
            let error = #expect(throws: ManifestError.self) { try Lock(file: file) }
            #expect(try #require(error).description.contains("made with version 99 of this stage"))
        }
    }
}

struct CellSelectionTests {
    @Test func everyCellIsTakenByExactlyOneProcess() throws {
        let cells = Array(0..<10)
        let taken = try (0..<3).map { try #require(CellSelection("\($0)/3")).take(cells) }
        #expect(taken == [[0, 3, 6, 9], [1, 4, 7], [2, 5, 8]])
        #expect(CellSelection.all.take(cells) == cells)
    }

    @Test(arguments: ["3/3", "-1/3", "1", "a/b", "1/2/3", "/", "0/0", "9223372036854775808/1"])
    func refuses(_ text: String) { #expect(CellSelection(text) == nil) }
}

struct KnownRunTests {
    @Test func aRunIsFoundByItsIdentityAndItsLockHasTheLastWord() throws {
        try withScratchDirectory { directory in
            let workspace = try Workspace(creating: directory.appending(path: "workspace"))
            let first = try LockTests.lock(checkpoints: [LockTests.entry("d1", step: 64)])
            let second = try LockTests.lock(checkpoints: [LockTests.entry("d2", step: 64)])
            #expect(try workspace.knownRun(of: first) == nil)
            let run = try workspace.run(of: first)
            #expect(try workspace.run(of: first).name == run.name)
            let other = try workspace.run(of: second)
            let identity = try #require(try run.identity())
            #expect(other.name != run.name && identity.lockDigest == first.digest)
            #expect(identity.shardName == "shard.txt" && identity.shardDigest == "5a")
            // A lock that somebody changed is no longer the run that it was, but the one that it says now.
            try replaceFile(Array(second.json.yamlText.utf8), at: run.lock)
            #expect(try workspace.knownRun(of: first) == nil)
            #expect(try workspace.knownRun(of: second)?.name == run.name)
        }
    }

    /// Each lock gets a directory of its own, and one lock the same one, however many begin at once.
    @Test func runsThatBeginInOneSecondDoNotMeet() throws {
        let locks = try (0..<4).map { try LockTests.lock(checkpoints: [LockTests.entry("d\($0 % 3)", step: 64)]) }
        try withScratchDirectory { directory in
            let workspace = try Workspace(creating: directory)
            let names = Mutex<[Int: String]>([:])
            DispatchQueue.concurrentPerform(iterations: locks.count) { index in
                let run = try? workspace.run(of: locks[index], at: Date(timeIntervalSince1970: 1e9))
                names.withLock { $0[index] = run?.name }
            }
            let found = names.withLock { $0 }
            #expect(found.count == 4)
            #expect(Set(found.values).count == 3, "\(found)")
            #expect(found[0] == found[3])
            #expect(try System.names(in: workspace.temporary).isEmpty)
        }
    }
}
