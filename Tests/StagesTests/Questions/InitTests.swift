import Foundation
import System
import TestSupport
import Testing

@Suite struct InitTests {
    /// What is printed is a manifest that runs as it stands.
    @Test func aManifestIsMadeOfWhatLiesInAnArchive() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let text = archive.root.appending(path: "heldout.txt").path
            let before = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
            let begun = try qid(
                ["init", archive.archive.path, "--shard", text, "--calibration", text, "--tokens-per-step", "1000"])
            try #require(begun.status == 0, "\(begun.errors)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() == before)
            #expect(begun.output.contains("6 checkpoints; N 6.59k to 14.5k; D 64k to 256k\n"), "\(begun.output)")
            // No more positions than 32, rows of 16 and 24 weights, and some two thousand tokens.
            #expect(begun.output.contains("context: 32\nwindows: 32\n"), "\(begun.output)")
            #expect(begun.output.contains("bits: [4, 3, 2], group: 8, symmetric: false"), "\(begun.output)")
            #expect(begun.output.contains("laws: [kl-unified, kl-per-bit, qid-unified]"), "\(begun.output)")
            try replaceFile(Array(begun.output.utf8), at: archive.manifest)
            let run = try qid(
                ["run", archive.manifest.path, "--workspace", directory.appending(path: "workspace").path])
            #expect(run.status == 0, "\(run.errors)")
        }
    }

    /// Each repository of a cache is a recipe of its own, named without organization and size.
    @Test func aCacheIsTakenApart() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let hub = directory.appending(path: "hub")
            let commit = String(repeating: "a", count: 40)
            for (name, model) in [("models--org--tiny-1.4b-base", "d16/step64"), ("models--org--null", "d24/step64")] {
                let repository = hub.appending(path: name)
                try makeDirectory(repository.appending(path: "snapshots"))
                try makeDirectory(repository.appending(path: "refs"))
                try replaceFile(Array(commit.utf8), at: repository.appending(path: "refs/main"))
                try FileManager.default.copyItem(
                    at: archive.archive.appending(path: model),
                    to: repository.appending(path: "snapshots/\(commit)"))
            }
            let text = archive.root.appending(path: "heldout.txt").path
            let begun = try qid(["init", hub.path, "--shard", text])
            try #require(begun.status == 0, "\(begun.errors)")
            let lines = begun.output.split(separator: "\n").filter { $0.contains("path: ") || $0.contains("family: ") }
            #expect(
                lines == [
                    "- path: \(hub.path)/models--org--null", "  family: \"null\"",
                    "- path: \(hub.path)/models--org--tiny-1.4b-base", "  family: tiny",
                ])
            #expect(begun.output.contains("D of 1 unknown") && begun.output.contains("laws: []"), "\(begun.output)")
            try replaceFile(Array(begun.output.utf8), at: archive.manifest)
            #expect(try qid(["check", archive.manifest.path]).status == 0)
        }
    }

    @Test func nothingIsMadeOfNothing() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let text = archive.root.appending(path: "heldout.txt").path
            let empty = directory.appending(path: "empty")
            try makeDirectory(empty)
            #expect(try qid(["init", empty.path, "--shard", text]).status == 66)
            let absent = try qid(["init", archive.archive.path, "--shard", "/nowhere.txt"])
            #expect(absent.status == 66 && absent.errors.contains("'/nowhere.txt' is not there"), "\(absent.errors)")
            #expect(try qid(["init", archive.archive.path]).status == 64)
        }
    }
}
