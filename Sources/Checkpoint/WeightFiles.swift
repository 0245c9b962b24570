import FoundationEssentials
import System

/// Which files of a directory hold a checkpoint's weights, by the rules of transformers.
struct WeightFiles {
    static let singleName = "model.safetensors"
    static let indexName = ShardIndex.fileName

    /// The weight files in byte order of their names.
    let names: [String]
    let index: ShardIndex?

    /// Finds `model.safetensors`, else the shards of the index, else the only safetensors file there is.
    init(directory: URL) throws(CheckpointError) {
        let entries = try Self.entries(directory)
        if entries.contains(Self.singleName) {
            names = [Self.singleName]
            index = nil
        } else if entries.contains(Self.indexName) {
            let file = directory.appending(path: Self.indexName)
            let index = try ShardIndex(Self.contents(file), file: file.path(percentEncoded: false))
            names = index.shards
            self.index = index
            if let missing = index.shards.first(where: { !entries.contains($0) }) {
                throw .missingShard(file: index.file, shard: missing)
            }
        } else {
            names = [try Self.onlyFile(entries, directory: directory.path(percentEncoded: false))]
            index = nil
        }
    }

    private static func onlyFile(_ entries: Set<String>, directory: String) throws(CheckpointError) -> String {
        let found = entries.filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix("adapter_") }
        if found.count == 1, let only = found.first { return only }
        let sorted = entries.sorted()
        if let pickled = sorted.first(where: { $0.hasPrefix("pytorch_model") && $0.contains(".bin") }) {
            throw .pickledWeights(directory: directory, found: pickled)
        }
        if let packed = sorted.first(where: { $0.contains(".safetensors.") && !$0.hasSuffix(".json") }) {
            throw .compressedWeights(directory: directory, found: packed)
        }
        throw .noWeights(directory: directory)
    }

    private static func entries(_ directory: URL) throws(CheckpointError) -> Set<String> {
        Set(try CheckpointError.attempt { () throws(SystemError) in try System.names(in: directory) })
    }

    /// A small file's bytes.
    static func contents(_ file: URL) throws(CheckpointError) -> [UInt8] {
        try CheckpointError.attempt { () throws(SystemError) in try readFile(file) }
    }
}
