import FoundationEssentials
import JSON
import System

/// The files that an index of shards names, `{"weight_map": {tensor: file}}`.
///
/// Which names shards have is up to whoever saved them, and other weights may lie beside (`consolidated.safetensors`).
/// An index that makes no sense names none; who opens the checkpoint says what is wrong with it.
struct ShardNames {
    private static let byteLimit = 1 << 24

    private let names: Set<String>

    /// Reads the index of a directory; nil where there is none, or none is needed.
    init?(of files: [String], in directory: URL) throws(SystemError) {
        let form = FileNames.weightForms.first { form in
            files.contains { FileNames.weights($0).map(form.holds) == true }
        }
        guard let form, files.contains(form.index), !files.contains(form.single),
            let bytes = try Self.bytes(directory.appending(path: form.index)),
            let map = try? JSONValue(parsing: bytes).object?["weight_map"]?.object
        else { return nil }
        names = Set(map.members.compactMap(\.value.string))
    }

    /// What is in the index; nil where it is none by what it is.
    private static func bytes(_ index: URL) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) { return try readFile(index, limit: byteLimit) } catch {
            guard error.isOfToday else { return nil }
            throw error
        }
    }

    func contains(_ name: String) -> Bool { names.contains(name) }
}

/// Whether a file is what Git leaves in the place of one that Git LFS has not fetched.
func isGitLFSPointer(_ location: URL) throws(SystemError) -> Bool {
    let status = try FileStatus(of: location)
    guard status.kind == .file, status.byteCount < 1024 else { return false }
    return try readFile(location, limit: 1 << 16).starts(with: "version https://git-lfs".utf8)
}
