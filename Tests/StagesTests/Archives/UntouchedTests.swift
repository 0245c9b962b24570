import Foundation
import Pipeline
import System
import TestSupport
import Testing

/// What belongs to others stays as it is: archives, and whatever planted links lead to.
struct UntouchedTests {
    /// Bytes, times and rights of all below a directory, by path.
    private static func state(of directory: URL) throws -> [String: [String]] {
        var found: [String: [String]] = [:]
        for name in try names(in: directory) {
            let place = directory.appending(path: name)
            let status = try #require(try FileStatus(link: place))
            var facts = ["\(status.identity.inode)", "\(status.modified)", "\(status.changed)", "\(status.kind)"]
            switch status.kind {
            case .directory:
                for (path, inner) in try state(of: place) { found["\(name)/\(path)"] = inner }
            case .file: facts.append(Data(try readFile(place)).base64EncodedString())
            default: break
            }
            found[name] = facts
        }
        return found
    }

    @Test func anArchiveThatCannotBeWrittenIsMeasuredAndStays() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            for size in try names(in: archive.archive) {
                let folder = archive.archive.appending(path: size)
                for step in try names(in: folder) {
                    let place = folder.appending(path: step)
                    for name in try names(in: place) { chmod(place.appending(path: name).path, 0o444) }
                    chmod(place.path, 0o555)
                }
                chmod(folder.path, 0o555)
            }
            chmod(archive.archive.path, 0o555)
            let before = try Self.state(of: archive.archive)
            let workspace = directory.appending(path: "workspace")
            for _ in 0..<2 {
                let run = try qid(["run", archive.manifest.path, "--workspace", workspace.path])
                #expect(run.status == 0, "\(run.errors)")
            }
            let lock = try #require(try Workspace(existing: workspace).runDirectories().first).lock
            #expect(try qid(["verify", lock.path, "--workspace", workspace.path]).status == 0)
            #expect(try qid(["gc", "--workspace", workspace.path, "--measured"]).status == 0)
            #expect(try Self.state(of: archive.archive) == before)
            _ = try Command("chmod", ["-R", "u+w", archive.archive.path]).run()
        }
    }

    @Test(arguments: ["tmp", "runs", "store/evaluations", "ingest.lock", "store.lock", "warehouse.sqlite"])
    func whereALinkLeadsNothingIsWrittenOrDeleted(name: String) throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let (workspace, victims) = (directory.appending(path: "workspace"), directory.appending(path: "victims"))
            try makeDirectory(victims.appending(path: "folder"))
            try writeFile([1], to: victims.appending(path: "folder/precious"))
            try writeFile([], to: victims.appending(path: "file"))
            let place = workspace.appending(path: name)
            try makeDirectory(place.deletingLastPathComponent())
            let isFile = name.hasSuffix(".lock") || name.hasSuffix(".sqlite")
            try makeLink(place, to: victims.appending(path: isFile ? "file" : "folder"))
            let before = try Self.state(of: victims)
            for arguments in [["run", archive.manifest.path], ["gc"]] {
                let command = try qid(arguments + ["--workspace", workspace.path])
                if arguments[0] == "run" { #expect(command.status != 0) }
                #expect(command.status == 0 || command.errors.contains(name), "\(command.errors)")
            }
            #expect(try Self.state(of: victims) == before)
        }
    }

    @Test func outputGoesThroughNoLink() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let victim = directory.appending(path: "victim")
            try writeFile([1], to: victim)
            let link = directory.appending(path: "ids.npy")
            try makeLink(link, to: victim)
            let step = archive.archive.appending(path: "d16/step64")
            let tokenized = try qid([
                "tokenize", "--tokenizer", step.appending(path: "tokenizer.json").path,
                directory.appending(path: "heldout.txt").path, "--output", link.path,
            ])
            #expect(tokenized.status != 0)
            #expect(tokenized.errors.contains("symbolic link"), "\(tokenized.errors)")
            #expect(try readFile(victim) == [1])
        }
    }
}
