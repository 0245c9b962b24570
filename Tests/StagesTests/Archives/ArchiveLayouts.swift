import Archive
import Foundation
import JSON
import System
import TestSupport

/// The layouts in which public archives lie on disks, made of tiny models; each model's weights are its seed's.
struct ArchiveLayouts {
    let root: URL

    init(in root: URL) { self.root = root }

    /// A plain folder.
    @discardableResult
    func plain(_ path: String, seed: Int, trainer: String? = nil) throws -> URL {
        let folder = root.appending(path: path)
        try SmallArchive.writeModel(width: 16, step: seed, to: folder)
        if let trainer { try replaceFile(Array(trainer.utf8), at: folder.appending(path: "trainer_state.json")) }
        return folder
    }

    /// What `hf download --local-dir` leaves: plain files, and what it knows of them beside.
    func localDirectory(_ path: String, seed: Int) throws {
        let folder = try plain(path, seed: seed)
        let metadata = folder.appending(path: ".cache/huggingface/download")
        try makeDirectory(metadata)
        try replaceFile(
            Array("0123456789abcdef0123456789abcdef01234567\netag\n1.5\n".utf8),
            at: metadata.appending(path: "model.safetensors.metadata"))
    }

    /// A tar archive.
    func tar(_ path: String, seed: Int) throws {
        let staged = try plain(".staged/\(seed)", seed: seed)
        try makeDirectory(root.appending(path: path).deletingLastPathComponent())
        let outcome = try Program(URL(filePath: "/usr/bin/tar")).run(
            ["-cf", root.appending(path: path).path, "-C", staged.path, "."])
        guard outcome.status == 0 else { throw LayoutError(message: outcome.errors) }
    }

    /// Revisions of a repository in a Hugging Face cache: blobs named by their digests, and snapshots of links to them.
    func cache(_ repository: String, _ revisions: [(revision: String, seed: Int)]) throws {
        let folder = root.appending(path: "hub/models--" + repository.replacing("/", with: "--"))
        for (index, one) in revisions.enumerated() {
            let staged = try plain(".staged/\(repository)/\(index)", seed: one.seed)
            let commit = String(format: "%040x", 0xabc0 + index)
            for name in try FileManager.default.contentsOfDirectory(atPath: staged.path) {
                let digest = try sha256(ofFile: staged.appending(path: name))
                let blob = folder.appending(path: "blobs/\(digest)")
                try makeDirectory(blob.deletingLastPathComponent())
                if try !exists(blob) { try FileManager.default.copyItem(at: staged.appending(path: name), to: blob) }
                let link = folder.appending(path: "snapshots/\(commit)/\(name)")
                try makeDirectory(link.deletingLastPathComponent())
                try FileManager.default.createSymbolicLink(
                    atPath: link.path, withDestinationPath: "../../blobs/\(digest)")
            }
            let reference = folder.appending(path: "refs/\(one.revision)")
            try makeDirectory(reference.deletingLastPathComponent())
            try replaceFile(Array(commit.utf8), at: reference)
        }
    }
}

struct LayoutError: Error {
    let message: String
}

/// A line of `qid ingest --json`.
struct FoundPlace: Equatable, CustomStringConvertible {
    var place: String
    var series: String
    var step: Int?
    var tokens: Int?
    var source: String?
    var phase = "unknown"
    var seed: String?
    var stage: Int?

    /// The lines of a document, by place.
    static func all(_ document: String) throws -> [FoundPlace] {
        let places = try JSONValue(parsing: document).object?["places"]?.array ?? []
        return places.compactMap(\.object).map { one in
            FoundPlace(
                place: one["place"]?.string ?? "", series: one["series"]?.string ?? "", step: one["step"]?.int,
                tokens: one["tokens"]?.int, source: one["tokens_source"]?.string, phase: one["phase"]?.string ?? "",
                seed: one["seed"]?.string, stage: one["stage"]?.int)
        }.sorted { $0.place < $1.place }
    }

    var description: String {
        "\(place) | \(series) | \(step ?? -1) | \(tokens ?? -1) \(source ?? "") | \(phase) | \(seed ?? "") | \(stage ?? -1)"
    }
}
