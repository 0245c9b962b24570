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
        self.init(
            digest: digest, config: try configurationDigest(of: checkpoint),
            tokenizer: try tokenizerDigest(of: checkpoint),
            architecture: description.modelType, dtype: checkpoint.dominantType,
            size: ModelSize(
                parameters: count.total, nonEmbeddingParameters: count.nonEmbedding,
                activeParameters: count.active, layers: description.layers.count, width: description.width,
                vocabulary: description.vocabularySize),
            storedScheme: weights.scheme)
    }
}

/// The digest of a checkpoint's tokenizer: of `tokenizer.json`, or of what a GGUF file says of it; nil if there is none.
func tokenizerDigest(of checkpoint: Checkpoint) throws(StageError) -> String? {
    guard let location = checkpoint.tokenizerFile else { return nil }
    guard let metadata = checkpoint.gguf, location.pathExtension == "gguf" else {
        return try attempt { () throws(ArchiveError) in try sha256(ofFile: location) }
    }
    return sha256(Array(JSONValue.object(metadata.json("tokenizer.")).canonicalText.utf8))
}

/// The digest of a checkpoint's configuration: of `config.json`, together with what exports of ModelOpt have beside it; of
/// what it would say, where a GGUF file says it.
func configurationDigest(of checkpoint: Checkpoint) throws(StageError) -> String {
    guard checkpoint.gguf == nil else {
        return sha256(Array(JSONValue.object(checkpoint.config.json).canonicalText.utf8))
    }
    let directory = checkpoint.directory
    let file = { (name: String) throws(StageError) in
        try attempt { () throws(ArchiveError) in try sha256(ofFile: directory.appending(path: name)) }
    }
    let own = try file("config.json")
    guard try exists(directory.appending(path: modelOptName)) else { return own }
    return sha256(Array("\(own)\n\(try file(modelOptName))\n".utf8))
}

private let modelOptName = "hf_quant_config.json"

extension Checkpoint {
    /// The element type that most of the bytes have.
    fileprivate var dominantType: String {
        var bytes: [String: Int] = [:]
        for tensor in tensors.values { bytes[tensor.info.type.rawValue, default: 0] += tensor.byteCount }
        return bytes.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? "F32"
    }
}
