import FoundationEssentials
import JSON
import System

/// The files that an index of shards names, `{"weight_map": {tensor: file}}`.
///
/// Which names shards have is up to whoever saved them, and other weights may lie beside (`consolidated.safetensors`).
/// An index that cannot be read names none; who opens the checkpoint says what is wrong with it.
struct ShardNames {
    private static let byteLimit = 1 << 24

    private let names: Set<String>

    /// Reads the index of a directory; nil where there is none, or none is needed.
    init?(of files: [String], in directory: URL) {
        let form = FileNames.weightForms.first { form in
            files.contains { FileNames.weights($0).map(form.holds) == true }
        }
        guard let form, files.contains(form.index), !files.contains(form.single),
            let bytes = try? readFile(directory.appending(path: form.index), limit: Self.byteLimit),
            let map = try? JSONValue(parsing: bytes).object?["weight_map"]?.object
        else { return nil }
        names = Set(map.members.compactMap(\.value.string))
    }

    func contains(_ name: String) -> Bool { names.contains(name) }
}

/// Whether a file is what Git leaves in the place of one that Git LFS has not fetched.
///
/// One that cannot be read is none; who opens the checkpoint says why.
func isGitLFSPointer(_ location: URL) -> Bool {
    guard let status = try? FileStatus(of: location), status.kind == .file, status.byteCount < 1024 else {
        return false
    }
    return (try? readFile(location, limit: 1024))?.starts(with: "version https://git-lfs".utf8) ?? false
}
