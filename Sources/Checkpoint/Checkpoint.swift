package import FoundationEssentials
import System

/// One model at one training step, open for reading: its configuration and its tensors, mapped and validated once.
package final class Checkpoint: Sendable {
    package let directory: URL
    package let config: ModelConfiguration
    /// Every tensor by its name; those that hold a weight of every expert are here expert by expert.
    package let tensors: [String: Tensor]
    /// The tensors as they are stored.
    package let storedTensors: [Tensor]
    /// `tokenizer.json`, where there is one.
    package let tokenizerFile: URL?
    /// The `__metadata__` of the first weight file.
    package let metadata: [String: String]
    /// The names of the weight files in byte order.
    package let weightFiles: [String]
    /// What an index names and no shard holds: leftovers of parts that were not saved, which a model may well not have.
    package let absentTensors: [String]

    /// Opens a Hugging Face directory: `config.json` beside `model.safetensors`, `pytorch_model.bin` or the shards of an
    /// index.
    package init(directory: URL) throws(CheckpointError) {
        self.directory = directory
        config = try ModelConfiguration(directory: directory)
        let files = try WeightFiles(directory: directory)
        weightFiles = files.names
        var infos: [String: [TensorInfo]] = [:]
        var tensors: [String: Tensor] = [:]
        var metadata: [String: String]?
        for name in files.names {
            let location = directory.appending(path: name)
            let file = try WeightFile(location)
            infos[name] = file.tensors.map(\.info)
            metadata = metadata ?? file.metadata
            for tensor in file.tensors {
                if tensors.updateValue(tensor, forKey: tensor.info.name) != nil, files.index == nil {
                    throw .duplicateTensor(
                        file: location.path(percentEncoded: false), tensor: tensor.info.name)
                }
            }
        }
        absentTensors = try files.index?.check(infos) ?? []
        storedTensors = Array(tensors.values)
        self.tensors = try Self.withExpertsApart(tensors, directory: directory.path(percentEncoded: false))
        self.metadata = metadata ?? [:]
        let tokenizer = directory.appending(path: "tokenizer.json")
        let hasTokenizer = try CheckpointError.attempt { () throws(SystemError) in try exists(tokenizer) }
        tokenizerFile = hasTokenizer ? tokenizer : nil
    }

    /// The tensor of a name, or an error that names it.
    package func tensor(_ name: String) throws(CheckpointError) -> Tensor {
        guard let tensor = tensors[name] else {
            throw .missingTensor(directory: directory.path(percentEncoded: false), tensor: name)
        }
        return tensor
    }

    /// The tensor of a name, which must have a certain shape.
    package func tensor(_ name: String, shape: [Int]) throws(CheckpointError) -> Tensor {
        let tensor = try tensor(name)
        guard tensor.info.shape == shape else {
            throw .wrongTensor(
                directory: directory.path(percentEncoded: false), tensor: name, found: "\(tensor.info.shape)",
                expected: "\(shape)")
        }
        return tensor
    }

    /// Bytes of all values as stored.
    package var tensorByteCount: Int { tensors.values.reduce(0) { $0 + $1.byteCount } }
}
