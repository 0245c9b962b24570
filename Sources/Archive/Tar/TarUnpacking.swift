import FoundationEssentials
import System

/// Unpacks the one checkpoint in a tar archive, wherever in it the files lie and in whatever order they come.
///
/// Which folder is the checkpoint's is known only when its weights have come. Until then every file that may lie beside
/// them is written under a number, up to a limit; at the end those of the right folder are synced and get their names, and
/// the others are removed.
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
    private var compressed: String?
    /// Where the first weights lie.
    private var weightsFolder: String?
    /// What is too large to lie beside weights, by its folder.
    private var refused: [String: ArchiveError] = [:]
    private var companions = CompanionLimits()

    init(source: URL, directory: URL) {
        self.source = source
        self.directory = directory
    }

    private var file: String { source.path(percentEncoded: false) }

    consuming func run(
        limits: TarLimits, _ observer: CheckpointSource.Observer
    ) throws(ArchiveError) -> UnpackedFiles {
        var reader = try TarReader(path: source, limits: limits)
        var growth = try UnpackingLimits(of: source)
        var paths: Set<String> = []
        while let entry = try reader.next() {
            guard !entry.isDirectory else { continue }
            guard paths.insert(entry.path).inserted else {
                throw .repeatedEntry(file: file, entry: entry.path)
            }
            // Before any of it is asked for, also of what is not taken.
            try growth.take(entry.byteCount)
            try take(entry, &reader, observer)
        }
        return try publish()
    }

    private mutating func take(
        _ entry: TarEntry, _ reader: inout TarReader, _ observer: CheckpointSource.Observer
    ) throws(ArchiveError) {
        let components = entry.path.split(separator: "/").map(String.init)
        guard let name = components.last, !name.hasPrefix(".") else { return }
        let folder = components.dropLast().joined(separator: "/")
        let stem = FileNames.weights(name)
        if let stem, stem != name { compressed = compressed ?? entry.path }
        if stem == name {
            try takeWeights(of: folder)
        } else {
            guard FileNames.isCompanion(name), weightsFolder.map({ $0 == folder }) ?? true else { return }
            guard try takeCompanion(name, of: folder, entry) else { return }
        }
        let location = directory.appending(path: "entry-\(staged.count).part")
        staged.append(Staged(folder: folder, name: name, location: location, isWeights: stem != nil))
        let isObserved = stem.map(FileNames.isHashedOnItsWay) ?? false
        try reader.copy(to: location) { !isObserved || observer(name, $0) }
    }

    private mutating func takeWeights(of folder: String) throws(ArchiveError) {
        if let other = weightsFolder, other != folder {
            throw .severalCheckpoints(file: file, first: other, second: folder)
        }
        weightsFolder = folder
        if let error = refused[folder] { throw error }
    }

    /// Whether a file that may lie beside weights is to be written; one that is too large counts when weights lie there.
    private mutating func takeCompanion(
        _ name: String, of folder: String, _ entry: TarEntry
    ) throws(ArchiveError) -> Bool {
        do throws(ArchiveError) {
            try UnpackingLimits.check(companion: name, at: entry.path, byteCount: entry.byteCount, in: file)
        } catch {
            guard weightsFolder == nil else { throw error }
            refused[folder] = refused[folder] ?? error
            return false
        }
        try companions.take(entry.byteCount, in: file)
        return true
    }

    private func publish() throws(ArchiveError) -> UnpackedFiles {
        guard let folder = weightsFolder else {
            if let compressed { throw .compressedInside(file: file, entry: compressed) }
            throw .noWeights(file: file)
        }
        let form = FileNames.weightForms.first { form in
            staged.contains { $0.isWeights && $0.folder == folder && form.holds($0.name) }
        }
        // Of weights in two formats those count that transformers would take.
        let kept = staged.filter { $0.folder == folder && (!$0.isWeights || form?.holds($0.name) == true) }
        guard kept.contains(where: { $0.name == FileNames.configuration }) else {
            throw .noConfiguration(file: file, folder: folder)
        }
        let places = Set(kept.map(\.location))
        for entry in staged {
            try ArchiveError.attempt { () throws(SystemError) in
                guard places.contains(entry.location) else { return try removeFile(entry.location) }
                try synchronize(entry.location)
                try rename(entry.location, to: directory.appending(path: entry.name))
            }
        }
        return UnpackedFiles(
            weights: kept.filter(\.isWeights).map(\.name), companions: kept.filter { !$0.isWeights }.map(\.name))
    }
}

extension TarReader {
    /// Writes the rest of the current entry to a new file, which is not synced yet.
    fileprivate mutating func copy(
        to location: URL, observing observer: (UnsafeRawBufferPointer) -> Bool
    ) throws(ArchiveError) {
        try write(to: location, syncs: false) { buffer throws(ArchiveError) in
            try read(into: buffer)
        } observing: {
            observer($0)
        }
    }
}
