package import FoundationEssentials
package import System

/// A model in one GGUF file or in several, mapped and validated once.
package struct GGUFFile: Sendable {
    /// The metadata of the first file.
    package let metadata: GGUFMetadata
    package let tensors: [GGUFTensor]
    /// Every file, in order.
    package let files: [URL]

    /// Opens a file; any one of several leads to the others beside it.
    package init(_ location: URL) throws(GGUFError) {
        let first = try Shard(location)
        let siblings = try GGUFShardName(location.lastPathComponent)?.all(of: first.header)
        guard let siblings else {
            if let count = try first.header.metadata.int(Shard.countKey), count > 1 {
                throw .misplacedShard(
                    file: first.header.file, key: Shard.countKey, found: "\(count)",
                    expected: "1, as its name is none of '…-00001-of-0000N.gguf'")
            }
            (metadata, tensors, files) = (first.header.metadata, first.tensors, [location])
            return
        }
        let folder = location.deletingLastPathComponent()
        var (tensors, files, names): ([GGUFTensor], [URL], Set<String>) = ([], [], [])
        var metadata = first.header.metadata
        for (index, name) in siblings.enumerated() {
            let place = folder.appending(path: name)
            let exists = try GGUFError.attempt { () throws(SystemError) in try System.exists(place) }
            guard exists else { throw .missingShard(file: first.header.file, shard: name) }
            let shard = try Shard(place)
            try shard.check(index, of: siblings.count)
            if index == 0 { metadata = shard.header.metadata }
            for tensor in shard.tensors {
                guard names.insert(tensor.info.name).inserted else {
                    throw .tensor(
                        file: shard.header.file, tensor: tensor.info.name, found: "there twice",
                        expected: "in one shard only")
                }
                tensors.append(tensor)
            }
            files.append(place)
        }
        if let count = try metadata.int(Shard.tensorCountKey), count != tensors.count {
            throw .misplacedShard(
                file: metadata.file, key: Shard.tensorCountKey, found: "\(count)",
                expected: "\(tensors.count), as many as the shards have")
        }
        (self.metadata, self.tensors, self.files) = (metadata, tensors, files)
    }

    /// Whether a file begins as GGUF files do.
    package static func isOne(_ location: URL) -> Bool { location.pathExtension == "gguf" }

    /// The first of the files of one model among some names; nil where there are none, or several models.
    package static func only(in names: some Sequence<String>) -> String? {
        let found = names.filter { $0.hasSuffix(".gguf") }.sorted()
        guard let first = found.first else { return nil }
        guard found.count > 1 else { return first }
        guard let shard = GGUFShardName(first), found == shard.all else { return nil }
        return first
    }
}

/// One tensor of an open file, and its blocks in the mapped file.
package struct GGUFTensor: Sendable {
    package let info: GGUFTensorInfo
    package let mapping: MappedFile

    /// The blocks, which last as long as the mapping.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: mapping.bytes[info.byteRange]) }
}

/// One file of a model.
private struct Shard {
    static let countKey = "split.count"
    static let numberKey = "split.no"
    static let tensorCountKey = "split.tensors.count"

    let header: GGUFHeader
    let tensors: [GGUFTensor]

    init(_ location: URL) throws(GGUFError) {
        let mapping = try GGUFError.attempt { () throws(SystemError) in try MappedFile(location) }
        let header = try GGUFHeader(mapping.bytes, file: location.path(percentEncoded: false))
        self.header = header
        tensors = header.tensors.map { GGUFTensor(info: $0, mapping: mapping) }
    }

    /// Makes sure that a file is the one that its name says, counted from 0.
    func check(_ index: Int, of count: Int) throws(GGUFError) {
        for (key, expected) in [(Self.countKey, count), (Self.numberKey, index)] {
            let found = try header.metadata.int(key)
            guard found == expected else {
                throw .misplacedShard(
                    file: header.file, key: key, found: found.map { "\($0)" } ?? "missing", expected: "\(expected)")
            }
        }
    }
}

/// The name of one file of several: `model-00001-of-00003.gguf`.
struct GGUFShardName {
    let stem: String
    let count: Int

    init?(_ name: String) {
        let suffix = ".gguf"
        guard name.hasSuffix(suffix) else { return nil }
        let parts = name.dropLast(suffix.count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[parts.count - 2] == "of", Self.isNumber(parts[parts.count - 3]),
            let last = parts.last, Self.isNumber(last), let count = Int(last), count > 0
        else { return nil }
        stem = parts.dropLast(3).joined(separator: "-")
        self.count = count
    }

    /// The names of all files, in order.
    var all: [String] { (1...count).map { "\(stem)-\(Self.digits($0))-of-\(Self.digits(count)).gguf" } }

    /// The names of all files, of which there are as many as the file itself says.
    fileprivate func all(of header: GGUFHeader) throws(GGUFError) -> [String]? {
        guard let said = try header.metadata.int(Shard.countKey) else { return nil }
        guard said == count else {
            throw .misplacedShard(
                file: header.file, key: Shard.countKey, found: "\(said)", expected: "\(count), as its name says")
        }
        return all
    }

    private static func isNumber(_ part: Substring) -> Bool {
        part.utf8.count == 5 && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func digits(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 5 - text.utf8.count)) + text
    }
}
