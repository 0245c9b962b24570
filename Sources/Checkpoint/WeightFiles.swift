import FoundationEssentials
import GGUF
import System

/// Which files of a directory hold a checkpoint's weights, by the rules of transformers.
struct WeightFiles {
    /// A form of weights: the name of a single file, or of an index of several.
    private static let forms = [
        (single: "model.safetensors", index: "model.safetensors.index.json"),
        (single: "pytorch_model.bin", index: "pytorch_model.bin.index.json"),
    ]

    static var indexNames: [String] { forms.map(\.index) }

    /// The weight files in byte order of their names.
    let names: [String]
    let index: ShardIndex?

    /// Finds `model.safetensors`, else the shards of its index, else the only other safetensors file, else
    /// `pytorch_model.bin` or the shards of its index.
    init(directory: URL) throws(CheckpointError) {
        let entries = try Self.entries(directory)
        for (position, form) in Self.forms.enumerated() {
            if entries.contains(form.single) {
                (names, index) = ([form.single], nil)
                return
            }
            if entries.contains(form.index) {
                let index = try Self.index(directory.appending(path: form.index), entries)
                (names, self.index) = (index.shards, index)
                return
            }
            if position == 0, let only = Self.onlySafetensors(entries) {
                (names, index) = ([only], nil)
                return
            }
        }
        throw Self.nothing(entries, directory: directory.path(percentEncoded: false))
    }

    /// The GGUF file that a name leads to: itself, or the first of the only model of a directory without other weights.
    ///
    /// A GGUF file beside such weights is passed over: they are what it was made of.
    static func gguf(_ location: URL) throws(CheckpointError) -> URL? {
        if GGUFFile.isOne(location) { return location }
        let entries = try Self.entries(location)
        let models = entries.filter { $0.hasSuffix(".gguf") }.sorted()
        let others = entries.contains { name in
            Self.forms.contains { name == $0.single || name == $0.index } || name.hasSuffix(".safetensors")
        }
        guard !models.isEmpty, !others else { return nil }
        guard let first = GGUFFile.only(in: models) else {
            throw .severalModels(directory: location.path(percentEncoded: false), files: models)
        }
        return location.appending(path: first)
    }

    private static func index(_ location: URL, _ entries: Set<String>) throws(CheckpointError) -> ShardIndex {
        let index = try ShardIndex(contents(location), file: location.path(percentEncoded: false))
        if let missing = index.shards.first(where: { !entries.contains($0) }) {
            throw .missingShard(file: index.file, shard: missing)
        }
        return index
    }

    private static func onlySafetensors(_ entries: Set<String>) -> String? {
        let found = entries.filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix("adapter_") }
        return found.count == 1 ? found.first : nil
    }

    private static func nothing(_ entries: Set<String>, directory: String) -> CheckpointError {
        let packed = entries.sorted().first { name in
            name.contains(".safetensors.") && !name.hasSuffix(".json")
                || name.hasPrefix("pytorch_model") && (name.hasSuffix(".bin.gz") || name.hasSuffix(".bin.zst"))
        }
        return packed.map { .compressedWeights(directory: directory, found: $0) } ?? .noWeights(directory: directory)
    }

    private static func entries(_ directory: URL) throws(CheckpointError) -> Set<String> {
        Set(try CheckpointError.attempt { () throws(SystemError) in try System.names(in: directory) })
    }

    /// The bytes of an index, the largest of which have ten million.
    private static func contents(_ file: URL) throws(CheckpointError) -> [UInt8] {
        try CheckpointError.attempt { () throws(SystemError) in try readFile(file, limit: 1 << 24) }
    }
}
