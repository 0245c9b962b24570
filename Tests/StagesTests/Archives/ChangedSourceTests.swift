import Foundation
import System
import TestSupport
import Testing

/// What changes, or is damaged, after it was looked at.
struct ChangedSourceTests {
    private static func archive(in directory: URL, _ rule: String = "") throws -> SmallArchive {
        let archive = try SmallArchive(in: directory)
        try add(rule, to: archive)
        return archive
    }

    private static func add(_ rule: String, to archive: SmallArchive) throws {
        let text = String(decoding: try readFile(archive.manifest), as: UTF8.self)
        let changed = text.replacing("tokens_per_step: 1000", with: "tokens_per_step: 1000\(rule)")
        try replaceFile(Array(changed.utf8), at: archive.manifest)
    }

    private static func overwrite(_ file: URL, _ change: (inout [UInt8]) -> Void) throws {
        var bytes = try readFile(file)
        change(&bytes)
        // Into the file that is there: whoever holds it open reads the new bytes.
        let handle = try FileHandle(forWritingTo: file)
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: bytes)
        try handle.close()
    }

    /// Each file that a loss depends on, between ingesting and evaluating: the checkpoint's cells fail, the others go on.
    @Test(arguments: ["config.json", "tokenizer.json", "model.safetensors"])
    func nothingIsMeasuredOfWhatChangedSinceItWasIngested(name: String) throws {
        try withScratchDirectory { directory in
            let archive = try Self.archive(in: directory)
            let workspace = directory.appending(path: "workspace")
            try #require(try qid(["run", archive.manifest.path, "--workspace", workspace.path]).status == 0)
            let evaluations = workspace.appending(path: "store/evaluations")
            for name in try names(in: evaluations) { try removeFile(evaluations.appending(path: name)) }
            let file = archive.archive.appending(path: "d16/step64/\(name)")
            try Self.overwrite(file) { bytes in
                if name == "model.safetensors" { bytes[bytes.count - 1] ^= 1 } else { bytes.append(10) }
            }
            let run = try #require(try names(in: workspace.appending(path: "runs")).first)
            let lock = workspace.appending(path: "runs/\(run)/manifest.lock.yaml")
            let evaluated = try qid(
                ["--manifest", lock.path, "--workspace", workspace.path], command: "qid-evaluate")
            #expect(evaluated.status == 65, "\(evaluated.errors)")
            #expect(evaluated.errors.contains("20 cells evaluated, 0 known, 4 failed"), "\(evaluated.errors)")
            #expect(evaluated.errors.contains("d16/step64' changed since it was ingested"), "\(evaluated.errors)")
            #expect(try names(in: evaluations).count == 20)
        }
    }

    @Test func copiesDoNotFollowTheirSource() throws {
        try withScratchDirectory { directory in
            let archive = try Self.archive(in: directory, ", copy: true")
            let workspace = directory.appending(path: "workspace")
            let run = try qid(["run", archive.manifest.path, "--workspace", workspace.path])
            try #require(run.status == 0, "\(run.errors)")
            let checkpoints = workspace.appending(path: "store/checkpoints")
            for digest in try names(in: checkpoints) {
                for name in try names(in: checkpoints.appending(path: digest)) {
                    let kind = try FileStatus(link: checkpoints.appending(path: "\(digest)/\(name)"))?.kind
                    #expect(kind == .file, "\(name) is a link")
                }
            }
        }
    }

    @Test func adoptingCopiesReplacesLinks() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let workspace = directory.appending(path: "workspace")
            let run = { try qid(["run", archive.manifest.path, "--workspace", workspace.path]) }
            try #require(try run().status == 0)
            try Self.add(", copy: true", to: archive)
            let second = try run()
            #expect(second.status == 0, "\(second.errors)")
            let checkpoints = workspace.appending(path: "store/checkpoints")
            for digest in try names(in: checkpoints) {
                let file = checkpoints.appending(path: "\(digest)/config.json")
                #expect(try FileStatus(link: file)?.kind == .file)
            }
            #expect(try run().errors.contains("ingest: nothing new, 6 checkpoints known"))
        }
    }

    /// Damage is named, and mended by the run that finds it.
    @Test func whatIsDamagedIsMadeAgain() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            let workspace = directory.appending(path: "workspace")
            let run = { try qid(["run", archive.manifest.path, "--workspace", workspace.path]) }
            try #require(try run().status == 0)
            let compressed = workspace.appending(path: "store/compressed")
            let key = try #require(try names(in: compressed).first)
            let before = try readFile(compressed.appending(path: "\(key)/model.safetensors"))
            for damage in ["bytes", "list", "file"] {
                let place = compressed.appending(path: key)
                switch damage {
                case "bytes":
                    try Self.overwrite(place.appending(path: "model.safetensors")) { $0[$0.count - 1] ^= 1 }
                case "list": try Self.overwrite(place.appending(path: "SHA256SUMS")) { $0 = [] }
                default: try removeFile(place.appending(path: "tokenizer.json"))
                }
                for name in try names(in: workspace.appending(path: "store/evaluations")) {
                    try removeFile(workspace.appending(path: "store/evaluations/\(name)"))
                }
                let again = try run()
                #expect(again.status == 0, "\(damage): \(again.errors)")
                #expect(again.errors.contains("is damaged"), "\(damage): \(again.errors)")
                #expect(try readFile(place.appending(path: "model.safetensors")) == before)
            }
        }
    }
}
