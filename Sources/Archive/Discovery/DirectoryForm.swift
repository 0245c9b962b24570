/// What the files of one directory make together.
enum DirectoryForm {
    case nothing
    case skipped(SkipReason)
    /// The names of the weight files and of what belongs to them, each in byte order.
    case checkpoint(weights: [String], companions: [String])

    /// What files make, of which `shards` are those that an index names, where it can be read.
    init(files: [String], shards: ShardNames?) {
        let found = Self.weights(files, shards)
        if let unfinished = files.first(where: { Self.isUnfinishedPart($0, of: files) }) {
            self = .skipped(.beingWritten(file: unfinished))
        } else if let (weights, form) = found {
            if !files.contains(FileNames.configuration) {
                self = .skipped(.missingConfiguration)
            } else if weights.count > 1 && !files.contains(form.index) {
                self = .skipped(.missingIndex(found: weights[0], index: form.index))
            } else {
                self = .checkpoint(weights: weights, companions: files.filter(FileNames.isCompanion))
            }
        } else {
            self = Self.withoutWeights(files)
        }
    }

    /// The weight files, by the order in which transformers looks for them; the plain one where a file is there twice.
    private static func weights(
        _ files: [String], _ named: ShardNames?
    ) -> (names: [String], form: FileNames.WeightForm)? {
        for form in FileNames.weightForms {
            var byStem: [String: String] = [:]
            for name in files {
                guard let stem = FileNames.weights(name), form.holds(stem) else { continue }
                if byStem[stem] != stem { byStem[stem] = name }
            }
            guard !byStem.isEmpty else { continue }
            if let single = byStem[form.single] { return ([single], form) }
            let shards = byStem.filter { named?.contains($0.key) ?? FileNames.isShard($0.key) }
            let chosen = files.contains(form.index) && !shards.isEmpty ? shards : byStem
            return (chosen.values.sorted(), form)
        }
        return nil
    }

    private static func withoutWeights(_ files: [String]) -> DirectoryForm {
        if let weights = FileNames.onlyGGUF(files) {
            return .checkpoint(weights: weights, companions: files.filter { $0 == "tokenizer.json" })
        }
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
            || FileNames.weightForms.contains { finished == $0.index }
    }
}
