import Archive
import Checkpoint
import Compression
import FoundationEssentials
import GGUF
import JSON
import LanguageModel
import Records

extension CheckpointRecord {
    /// Works out what a checkpoint is; that it can be run at all is part of it.
    init(_ checkpoint: Checkpoint, digest: String) throws(StageError) {
        let weights = try attempt { () throws(CompressionError) in try WeightStore(checkpoint) }
        let model = try attempt { () throws(LanguageModelError) in try LanguageModel([weights]) }
        let (description, count) = (model.description, model.parameterCount)
        let file = { (name: String) throws(StageError) in
            try attempt { () throws(ArchiveError) in
                try sha256(ofFile: checkpoint.directory.appending(path: name))
            }
        }
        // A GGUF file has no config.json: what it would say stands in its metadata.
        let text = checkpoint.gguf.map { _ in JSONValue.object(checkpoint.config.json).canonicalText }
        let config: String
        if let text { config = sha256(Array(text.utf8)) } else { config = try file("config.json") }
        self.init(
            digest: digest, config: config,
            tokenizer: try tokenizer(checkpoint, file),
            architecture: description.modelType, dtype: checkpoint.dominantType,
            size: ModelSize(
                parameters: count.total, nonEmbeddingParameters: count.nonEmbedding,
                activeParameters: count.active, layers: description.layers.count, width: description.width,
                vocabulary: description.vocabularySize),
            storedScheme: weights.scheme)
    }
}

/// The digest of a `tokenizer.json`, or of what a GGUF file says of its tokenizer.
private func tokenizer(
    _ checkpoint: Checkpoint, _ digest: (String) throws(StageError) -> String
) throws(StageError) -> String? {
    guard let location = checkpoint.tokenizerFile else { return nil }
    guard let metadata = checkpoint.gguf, location.pathExtension == "gguf" else { return try digest("tokenizer.json") }
    return sha256(Array(JSONValue.object(metadata.json("tokenizer.")).canonicalText.utf8))
}

extension Checkpoint {
    /// The element type that most of the bytes have.
    fileprivate var dominantType: String {
        var bytes: [String: Int] = [:]
        for tensor in tensors.values { bytes[tensor.info.type.rawValue, default: 0] += tensor.byteCount }
        return bytes.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? "F32"
    }
}
