/// What the names of files in an archive say about them.
enum FileNames {
    static let configuration = "config.json"

    /// A format of weight files, by the names that transformers gives them.
    struct WeightForm: Sendable {
        /// Of a file that holds all of them.
        let single: String
        /// Of the index of several.
        let index: String
        /// Whether a name without a compression's suffix is that of such a file.
        let holds: @Sendable (String) -> Bool
    }

    /// In the order in which transformers looks for them.
    static let weightForms = [
        WeightForm(single: "model.safetensors", index: "model.safetensors.index.json") {
            $0.hasSuffix(".safetensors") && !$0.hasPrefix("adapter_")
        },
        WeightForm(single: "pytorch_model.bin", index: "pytorch_model.bin.index.json") {
            $0.hasPrefix("pytorch_model") && $0.hasSuffix(".bin")
        },
    ]

    /// Whether a name is that of a GGUF file, which needs no configuration beside it.
    static func isGGUF(_ name: String) -> Bool { name.hasSuffix(".gguf") }

    /// The GGUF files of one model: the only one, or the first and all its shards; nil of none and of several models.
    static func onlyGGUF(_ files: [String]) -> [String]? {
        let found = files.filter(isGGUF).sorted()
        guard found.count > 1 else { return found.isEmpty ? nil : found }
        let stems = Set(found.map { String($0.dropLast("-00001-of-00001.gguf".count)) })
        return stems.count == 1 && found.allSatisfy(isShard) ? found : nil
    }

    /// The files among some that are of one model with a GGUF file, in order.
    static func shards(of name: String, _ files: [String]) -> [String] {
        guard isShard(name) else { return [name] }
        let (length, end) = ("-00001-of-00001.gguf".count, name.suffix("-00001.gguf".count))
        return files.filter { $0.dropLast(length) == name.dropLast(length) && $0.hasSuffix(end) && isShard($0) }
            .sorted()
    }

    private static let unfinished = [
        ".part", ".partial", ".filepart", ".tmp", ".temp", ".incomplete", ".crdownload", ".download", ".aria2",
    ]
    private static let tar = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst"]
    private static let unsupported = [".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar.lz4", ".zip", ".7z"]

    /// The name of a file that is only partly there, without the suffix that says so.
    static func finishedName(ofUnfinished name: String) -> String? {
        unfinished.first(where: name.hasSuffix).map { String(name.dropLast($0.count)) }
    }

    static func isTar(_ name: String) -> Bool { tar.contains(where: name.hasSuffix) }

    static func isUnsupportedArchive(_ name: String) -> Bool { unsupported.contains(where: name.hasSuffix) }

    /// A tar archive's name without what says that it is one.
    static func stem(ofTar name: String) -> String {
        let suffix = tar.filter(name.hasSuffix).max { $0.count < $1.count }
        return String(name.dropLast(suffix?.count ?? 0))
    }

    /// The name of a file of weights without a compression's suffix, `nil` if it is none.
    static func weights(_ name: String) -> String? {
        let plain = CompressionFormat.allCases.first { name.hasSuffix($0.suffix) }.map {
            String(name.dropLast($0.suffix.count))
        }
        let stem = plain ?? name
        return weightForms.contains { $0.holds(stem) } ? stem : nil
    }

    /// Whether a file of weights can be hashed while its bytes go by: what torch saved cannot, as its tensors' names stand
    /// at its end.
    static func isHashedOnItsWay(_ stem: String) -> Bool { weightForms[0].holds(stem) }

    /// Whether a stem is one of a series: `model-00001-of-00003.safetensors`.
    static func isShard(_ stem: String) -> Bool {
        let parts = stem.prefix { $0 != "." }.split(separator: "-")
        guard parts.count >= 3, parts[parts.count - 2] == "of" else { return false }
        return [parts[parts.count - 3], parts[parts.count - 1]].allSatisfy { part in
            part.utf8.allSatisfy { (0x30...0x39).contains($0) }
        }
    }

    /// Whether a file beside the weights belongs to the checkpoint: configuration, tokenizer, vocabulary.
    static func isCompanion(_ name: String) -> Bool {
        [".json", ".txt", ".model", ".jinja"].contains(where: name.hasSuffix) && !name.hasPrefix(".")
            && name != CheckpointSource.recordName
    }
}
