import Foundation
import JSON
import Pipeline
import System
import TestSupport
import Testing

/// A run on a disk that does not hold what it makes at once.
struct DiskTests {
    /// The small archive with each checkpoint in a tar file of its own.
    private static func packedArchive(in directory: URL, disk: String?) throws -> SmallArchive {
        let archive = try SmallArchive(in: directory)
        for size in try names(in: archive.archive) {
            let folder = archive.archive.appending(path: size)
            for step in try names(in: folder) {
                let tar = Command("tar", ["-C", folder.path, "-cf", folder.appending(path: step + ".tar").path, step])
                try #require(try tar.run() == .exited(status: 0))
                try removeTree(folder.appending(path: step))
            }
        }
        let text = String(decoding: try readFile(archive.manifest), as: UTF8.self)
        try replaceFile(Array((text + (disk.map { "disk: \($0)\n" } ?? "")).utf8), at: archive.manifest)
        return archive
    }

    /// Holds what is measured and some compressed checkpoints, but not all.
    private static let tightDisk = "1.8MB"

    private static func evaluations(_ workspace: URL) throws -> [String: [UInt8]] {
        let folder = workspace.appending(path: "store/evaluations")
        return try Dictionary(
            uniqueKeysWithValues: names(in: folder).map { ($0, try readFile(folder.appending(path: $0))) })
    }

    @Test func measuredFormsMakeRoomAndNothingElseChanges() throws {
        try withScratchDirectory { directory in
            let free = try Self.packedArchive(in: directory.appending(path: "free"), disk: nil)
            let all = directory.appending(path: "all")
            try #require(try qid(["run", free.manifest.path, "--workspace", all.path]).status == 0)

            let tight = try Self.packedArchive(in: directory.appending(path: "tight"), disk: Self.tightDisk)
            let workspace = directory.appending(path: "workspace")
            let run = { try qid(["run", tight.manifest.path, "--workspace", workspace.path]) }
            let first = try run()
            try #require(first.status == 0, "\(first.errors)")
            #expect(first.errors.components(separatedBy: "evaluate: ").count > 3, "\(first.errors)")
            #expect(try Self.evaluations(workspace) == Self.evaluations(all))
            #expect(try names(in: workspace.appending(path: "store/compressed")).count < 18)
            #expect(try !Self.evicted(Workspace(existing: workspace)).isEmpty)
            #expect(try run().errors.contains("nothing new: all of 24 cells"))

            // What made room comes back when it is asked for, on a larger disk.
            let text = String(decoding: try readFile(tight.manifest), as: UTF8.self)
            try replaceFile(Array(text.replacing(Self.tightDisk, with: "5MB").utf8), at: tight.manifest)
            for name in try Self.evaluations(workspace).keys {
                try removeFile(workspace.appending(path: "store/evaluations/\(name)"))
            }
            #expect(try run().status == 0)
            #expect(try Self.evaluations(workspace) == Self.evaluations(all))
        }
    }

    @Test func whatCannotFitIsRefusedBeforeAnythingIsMade() throws {
        try withScratchDirectory { directory in
            let archive = try Self.packedArchive(in: directory, disk: "400kB")
            let workspace = directory.appending(path: "workspace")
            let outcome = try qid(["run", archive.manifest.path, "--workspace", workspace.path])
            #expect(outcome.status == 74, "\(outcome.errors)")
            #expect(outcome.errors.contains("of disk, but only"), "\(outcome.errors)")
            #expect(try names(in: workspace.appending(path: "store/compressed")).isEmpty)
        }
    }

    @Test func unpackedWeightsMakeRoomForTheNext() throws {
        try withScratchDirectory { directory in
            let archive = try Self.packedArchive(in: directory, disk: nil)
            let workspace = try Workspace(creating: directory.appending(path: "workspace"))
            let options = ["--manifest", archive.manifest.path, "--workspace", workspace.root.path]
            try #require(try qid(options + ["--disk", "420kB"], command: "qid-ingest").status == 0)
            #expect(try !Self.evicted(workspace).isEmpty)
            try #require(try qid(options, command: "qid-quantize").status == 0)
            #expect(try Self.evicted(workspace).isEmpty)
        }
    }

    @Test func weightsWhoseSourceIsGoneAreNamedAndTheOthersGoOn() throws {
        try withScratchDirectory { directory in
            let archive = try Self.packedArchive(in: directory, disk: nil)
            let workspace = try Workspace(creating: directory.appending(path: "workspace"))
            let place = ["--workspace", workspace.root.path]
            try #require(try qid(["run", archive.manifest.path] + place).status == 0)
            for digest in try names(in: workspace.checkpoints) {
                let folder = workspace.checkpoint(digest)
                try removeFile(folder.appending(path: "model.safetensors"))
                try replaceFile([], at: folder.appending(path: "weights.evicted"))
            }
            try removeTree(workspace.compressed)
            try makeDirectory(workspace.compressed)
            try removeFile(archive.archive.appending(path: "d16/step64.tar"))
            let run = try #require(try workspace.runDirectories().first)
            let quantize = try qid(["--manifest", run.lock.path] + place, command: "qid-quantize")
            #expect(quantize.status == 65)
            #expect(quantize.errors.contains("made room and cannot be unpacked again"), "\(quantize.errors)")
            #expect(quantize.errors.contains("d16/step64.tar"), "\(quantize.errors)")
            #expect(quantize.errors.contains("quantize: 15 compressed, 0 known, 3 failed"), "\(quantize.errors)")
            #expect(try Self.evicted(workspace).count == 1)
        }
    }

    /// Tasks of a job array want the same weights back at the same time.
    @Test func severalProcessesUnpackTheSameWeights() throws {
        try withScratchDirectory { directory in
            let archive = try Self.packedArchive(in: directory, disk: nil)
            let workspace = try Workspace(creating: directory.appending(path: "workspace"))
            let options = ["--manifest", archive.manifest.path, "--workspace", workspace.root.path]
            try #require(try qid(options, command: "qid-ingest").status == 0)
            for digest in try names(in: workspace.checkpoints) {
                let folder = workspace.checkpoint(digest)
                try removeFile(folder.appending(path: "model.safetensors"))
                try replaceFile([], at: folder.appending(path: "weights.evicted"))
            }
            for stage in ["qid-quantize", "qid-evaluate"] {
                let tasks = try (0..<4).map { try command(stage).start(options + ["--cells", "\($0)/4"]) }
                for task in tasks {
                    let outcome = try task.finish()
                    #expect(outcome.status == 0, "\(outcome.errors)")
                }
            }
            #expect(try Self.evicted(workspace).isEmpty)
            #expect(try names(in: workspace.compressed).count == 18)
            #expect(try names(in: workspace.temporary).isEmpty)
        }
    }

    /// A manifest's cells are all its cells, whatever another process puts back at the moment.
    @Test func aCheckpointThatIsPutBackIsWaitedFor() throws {
        try withScratchDirectory { directory in
            let archive = try Self.packedArchive(in: directory, disk: nil)
            let workspace = try Workspace(creating: directory.appending(path: "workspace"))
            let options = ["--manifest", archive.manifest.path, "--workspace", workspace.root.path]
            try #require(try qid(options, command: "qid-ingest").status == 0)
            let digest = try #require(try names(in: workspace.checkpoints).first)
            let aside = directory.appending(path: "aside")
            let lock = try #require(try FileLock(workspace.restoreLock, .exclusive))
            try rename(workspace.checkpoint(digest), to: aside)
            let task = try command("qid-quantize").start(options)
            usleep(500_000)
            #expect(task.isRunning)
            try rename(aside, to: workspace.checkpoint(digest))
            lock.release()
            let outcome = try task.finish()
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try names(in: workspace.compressed).count == 18)
        }
    }

    private static func evicted(_ workspace: Workspace) throws -> [String] {
        try names(in: workspace.checkpoints).filter {
            try exists(workspace.checkpoint($0).appending(path: "weights.evicted"))
        }
    }

    @Test(arguments: [
        ("512MB", 512_000_000), ("4GiB", 4 << 30), ("1.5TB", 1_500_000_000_000), ("3 kB", 3000), ("17B", 17),
    ])
    func sizes(text: String, bytes: Int) { #expect(ByteSize(text)?.bytes == bytes) }

    @Test(arguments: ["", "MB", "0MB", "-1GB", "5", "1e30TB", "nanGB", "4 G B"])
    func whatIsNoSize(text: String) { #expect(ByteSize(text) == nil) }
}
