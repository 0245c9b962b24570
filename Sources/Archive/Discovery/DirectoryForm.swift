/// What the files of one directory make together.
enum DirectoryForm {
    case nothing
    case skipped(SkipReason)
    /// The names of the weight files and of what belongs to them, each in byte order.
    case checkpoint(weights: [String], companions: [String])

    /// What files make, of which `shards` are those that an index names, where it can be read.
    init(files: [String], shards: ShardNames?) {
        let weights = Self.weights(files, shards)
        if let unfinished = files.first(where: { Self.isUnfinishedPart($0, of: files) }) {
            self = .skipped(.beingWritten(file: unfinished))
        } else if weights.isEmpty {
            self = Self.withoutWeights(files)
        } else if !files.contains(FileNames.configuration) {
            self = .skipped(.missingConfiguration)
        } else if weights.count > 1 && !files.contains(FileNames.index) {
            self = .skipped(.missingIndex(found: weights[0]))
        } else {
            self = .checkpoint(weights: weights, companions: files.filter(FileNames.isCompanion))
        }
    }

    /// The weight files, by the order in which transformers looks for them; the plain one where a file is there twice.
    private static func weights(_ files: [String], _ named: ShardNames?) -> [String] {
        var byStem: [String: String] = [:]
        for name in files {
            guard let stem = FileNames.weights(name) else { continue }
            if byStem[stem] != stem { byStem[stem] = name }
        }
        if let single = byStem[FileNames.single] { return [single] }
        let shards = byStem.filter { named?.contains($0.key) ?? FileNames.isShard($0.key) }
        let chosen = files.contains(FileNames.index) && !shards.isEmpty ? shards : byStem
        return chosen.values.sorted()
    }

    private static func withoutWeights(_ files: [String]) -> DirectoryForm {
        if let (file, format) = UnreadFormat.find(in: files) {
            return .skipped(.unreadWeights(found: file, format: format.name, advice: format.advice))
        }
        if files.contains(where: { $0.hasPrefix("adapter_model") }) { return .skipped(.adapter) }
        return .nothing
    }

    /// Whether a name says that a needed file is only partly there; a left-over beside the whole file does no harm.
    private static func isUnfinishedPart(_ name: String, of files: [String]) -> Bool {
        guard let finished = FileNames.finishedName(ofUnfinished: name), !files.contains(finished) else { return false }
        return FileNames.weights(finished) != nil || finished == FileNames.configuration
            || finished == FileNames.index
    }
}
