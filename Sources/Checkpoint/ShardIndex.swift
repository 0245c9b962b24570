import JSON

/// Which file holds which tensor, as `model.safetensors.index.json` or `pytorch_model.bin.index.json` says it.
///
/// `{"metadata": {…}, "weight_map": {tensor name: file name}}`; shards lie beside the index, so a name with a slash,
/// a leading dot or nothing in it is refused.
struct ShardIndex {
    let file: String
    /// Tensor and shard, in the order of the index.
    let entries: [(tensor: String, shard: String)]

    init(_ bytes: [UInt8], file: String) throws(CheckpointError) {
        self.file = file
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw .malformedIndex(file: file, reason: "\(error)")
        }
        guard let map = value.object?["weight_map"]?.object else {
            throw .malformedIndex(file: file, reason: "no object 'weight_map' in it")
        }
        var entries: [(tensor: String, shard: String)] = []
        for member in map.members {
            guard let shard = member.value.string else {
                throw .malformedIndex(
                    file: file, reason: "'\(member.key)' is mapped to \(member.value.kind), not to a file name")
            }
            guard Self.isPlainName(shard) else { throw .unsafeShardName(file: file, shard: shard) }
            entries.append((member.key, shard))
        }
        guard !entries.isEmpty else { throw .malformedIndex(file: file, reason: "'weight_map' is empty") }
        self.entries = entries
    }

    /// The shards in byte order of their names, each once.
    var shards: [String] {
        Set(entries.map(\.shard)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Compares the index with what the shards hold: each of their tensors is named in its file, and no other one.
    ///
    /// - Returns: what the index names and no shard holds, in order; whether that is missed, the model knows.
    func check(_ found: [String: [TensorInfo]]) throws(CheckpointError) -> [String] {
        let places = try placesByTensor(found)
        var indexed: Set<String> = []
        var absent: [String] = []
        for (tensor, shard) in entries {
            indexed.insert(tensor)
            guard let place = places[tensor] else {
                absent.append(tensor)
                continue
            }
            guard place == shard else {
                throw .misplacedTensor(file: file, tensor: tensor, shard: shard, foundIn: place)
            }
        }
        for shard in shards {
            for tensor in found[shard] ?? [] where !indexed.contains(tensor.name) {
                throw .unindexedTensor(file: file, tensor: tensor.name, shard: shard)
            }
        }
        return absent
    }

    private func placesByTensor(_ found: [String: [TensorInfo]]) throws(CheckpointError) -> [String: String] {
        var places: [String: String] = [:]
        for shard in shards {
            for tensor in found[shard] ?? [] {
                if let first = places.updateValue(shard, forKey: tensor.name) {
                    throw .repeatedTensor(tensor: tensor.name, first: first, second: shard)
                }
            }
        }
        return places
    }

    private static func isPlainName(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix(".") && !name.utf8.contains(UInt8(ascii: "/")) && !name.utf8.contains(0)
    }
}
