import Archive
import Checkpoint
import Compression
import FoundationEssentials
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
        self.init(
            digest: digest, config: try file("config.json"),
            tokenizer: checkpoint.tokenizerFile == nil ? nil : try file("tokenizer.json"),
            architecture: description.modelType, dtype: checkpoint.dominantType,
            size: ModelSize(
                parameters: count.total, nonEmbeddingParameters: count.nonEmbedding,
                activeParameters: count.active, layers: description.layers.count, width: description.width,
                vocabulary: description.vocabularySize),
            storedScheme: weights.scheme)
    }
}

extension Checkpoint {
    /// The element type that most of the bytes have.
    fileprivate var dominantType: String {
        var bytes: [String: Int] = [:]
        for tensor in tensors.values { bytes[tensor.info.type.rawValue, default: 0] += tensor.byteCount }
        return bytes.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? "F32"
    }
}
