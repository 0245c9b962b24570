import FoundationEssentials
import System

/// Unpacks the one checkpoint in a tar archive, wherever in it the files lie and in whatever order they come.
///
/// Which folder is the checkpoint's is known only when its weights have come, so every file is written under a number
/// first; at the end those of the right folder get their names and the others are removed.
struct TarUnpacking {
    private struct Staged {
        let folder: String
        let name: String
        let location: URL
        let isWeights: Bool
    }

    private let source: URL
    private let directory: URL
    private var staged: [Staged] = []
    private var pickle: String?
    private var compressed: String?

    init(source: URL, directory: URL) {
        self.source = source
        self.directory = directory
    }

    private var file: String { source.path(percentEncoded: false) }

    consuming func run(
        limits: TarLimits, _ observer: CheckpointSource.Observer
    ) throws(ArchiveError) -> UnpackedFiles {
        var reader = try TarReader(path: source, limits: limits)
        var paths: Set<String> = []
        while let entry = try reader.next() {
            guard !entry.isDirectory else { continue }
            guard paths.insert(entry.path).inserted else {
                throw .repeatedEntry(file: file, entry: entry.path)
            }
            try take(entry, &reader, observer)
        }
        return try publish()
    }

    private mutating func take(
        _ entry: TarEntry, _ reader: inout TarReader, _ observer: CheckpointSource.Observer
    ) throws(ArchiveError) {
        let components = entry.path.split(separator: "/").map(String.init)
        guard let name = components.last, !name.hasPrefix(".") else { return }
        let stem = FileNames.weights(name)
        if FileNames.isPickle(name) { pickle = pickle ?? entry.path }
        if let stem, stem != name { compressed = compressed ?? entry.path }
        guard stem == name || FileNames.isCompanion(name) else { return }
        let folder = components.dropLast().joined(separator: "/")
        if stem != nil, let other = staged.first(where: { $0.isWeights && $0.folder != folder }) {
            throw .severalCheckpoints(file: file, first: other.folder, second: folder)
        }
        let location = directory.appending(path: "entry-\(staged.count).part")
        staged.append(Staged(folder: folder, name: name, location: location, isWeights: stem != nil))
        try reader.copy(to: location) { stem == nil || observer(name, $0) }
    }

    private func publish() throws(ArchiveError) -> UnpackedFiles {
        guard let folder = staged.first(where: \.isWeights)?.folder else {
            if let pickle { throw .pickledWeights(file: file, found: pickle) }
            if let compressed { throw .compressedInside(file: file, entry: compressed) }
            throw .noWeights(file: file)
        }
        let kept = staged.filter { $0.folder == folder }
        guard kept.contains(where: { $0.name == FileNames.configuration }) else {
            throw .noConfiguration(file: file, folder: folder)
        }
        for entry in staged {
            try ArchiveError.attempt { () throws(SystemError) in
                guard entry.folder == folder else { return try removeFile(entry.location) }
                try rename(entry.location, to: directory.appending(path: entry.name))
            }
        }
        return UnpackedFiles(
            weights: kept.filter(\.isWeights).map(\.name), companions: kept.filter { !$0.isWeights }.map(\.name))
    }
}

extension TarReader {
    /// Writes the rest of the current entry to a new file.
    fileprivate mutating func copy(
        to location: URL, observing observer: (UnsafeRawBufferPointer) -> Bool
    ) throws(ArchiveError) {
        try write(to: location) { buffer throws(ArchiveError) in
            try read(into: buffer)
        } observing: {
            observer($0)
        }
    }
}
