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
