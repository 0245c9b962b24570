package import FoundationEssentials
package import GGUF
import System

/// One model at one training step, open for reading: its configuration and its tensors, mapped and validated once.
package final class Checkpoint: Sendable {
    package let directory: URL
    package let config: ModelConfiguration
    /// Every tensor by its name; those that hold a weight of every expert are here expert by expert.
    package let tensors: [String: Tensor]
    /// The tensors as they are stored.
    package let storedTensors: [Tensor]
    /// `tokenizer.json`, where there is one, or the GGUF file that says the same.
    package let tokenizerFile: URL?
    /// The `__metadata__` of the first weight file.
    package let metadata: [String: String]
    /// The names of the weight files in byte order.
    package let weightFiles: [String]
    /// What an index names and no shard holds: leftovers of parts that were not saved, which a model may well not have.
    package let absentTensors: [String]
    /// All that was read, as it was before.
    private let watched: [WatchedFile]

    /// What a GGUF file says beside its tensors; nil of other checkpoints.
    package let gguf: GGUFMetadata?

    /// Opens a Hugging Face directory: `config.json` beside `model.safetensors`, `pytorch_model.bin` or the shards of an
    /// index; or a GGUF file, or a directory with the file or the shards of one model.
    package init(directory: URL) throws(CheckpointError) {
        self.directory = directory
        if let file = try WeightFiles.gguf(directory) {
            let model = try Self.attempt { () throws(GGUFError) in try GGUFModel(GGUFFile(file)) }
            let tensors = try GGUFTensors(model)
            config = try ModelConfiguration(
                json: model.configuration, file: file.path(percentEncoded: false))
            weightFiles = model.file.files.map(\.lastPathComponent)
            (self.tensors, storedTensors, metadata, absentTensors) = (tensors.tensors, tensors.stored, [:], [])
            gguf = model.file.metadata
            tokenizerFile = try GGUFFile.isOne(directory) ? file : Self.tokenizer(in: directory) ?? file
            watched = try Self.watch(
                weightFiles + ["tokenizer.json"], in: model.file.files[0].deletingLastPathComponent())
            return
        }
        gguf = nil
        let companions = ["config.json", "hf_quant_config.json", "tokenizer.json"] + WeightFiles.indexNames
        var watched = try Self.watch(companions, in: directory)
        config = try ModelConfiguration(directory: directory)
        let files = try WeightFiles(directory: directory)
        weightFiles = files.names
        watched += try Self.watch(files.names, in: directory)
        self.watched = watched
        var infos: [String: [TensorInfo]] = [:]
        var tensors: [String: Tensor] = [:]
        var metadata: [String: String]?
        for name in files.names {
            let location = directory.appending(path: name)
            let file = try WeightFile(location)
            guard tensors.count + file.tensors.count <= Self.mostTensors else {
                throw .tooManyTensors(place: directory.path(percentEncoded: false), limit: Self.mostTensors)
            }
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
        tokenizerFile = try Self.tokenizer(in: directory)
    }

    /// The most tensors of all files together.
    private static let mostTensors = 400_000

    private static func tokenizer(in directory: URL) throws(CheckpointError) -> URL? {
        let file = directory.appending(path: "tokenizer.json")
        return try CheckpointError.attempt { () throws(SystemError) in try exists(file) } ? file : nil
    }

    private static func attempt<Value>(_ body: () throws(GGUFError) -> Value) throws(CheckpointError) -> Value {
        do throws(GGUFError) { return try body() } catch { throw error.inCheckpoint }
    }

    /// The files of some names, as they are now; those that are not there are left out.
    private static func watch(_ names: [String], in directory: URL) throws(CheckpointError) -> [WatchedFile] {
        try CheckpointError.attempt { () throws(SystemError) in
            var files: [WatchedFile] = []
            for name in names {
                let file = directory.appending(path: name)
                if try exists(file) { files.append(try WatchedFile(file)) }
            }
            return files
        }
    }

    /// Makes sure that no file has changed since it was opened, and that all that was read of it could be.
    ///
    /// Whoever keeps something that was made from the checkpoint asks first.
    package func checkUnchanged() throws(CheckpointError) {
        try CheckpointError.attempt { () throws(SystemError) in
            for file in watched { try file.checkUnchanged() }
            var seen: Set<ObjectIdentifier> = []
            for tensor in storedTensors where seen.insert(ObjectIdentifier(tensor.mapping)).inserted {
                try (tensor.mapping as? MappedFile)?.checkUnchanged()
            }
        }
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

extension GGUFError {
    /// The same as a checkpoint's error.
    fileprivate var inCheckpoint: CheckpointError {
        if case .system(let error) = self { .system(error) } else { .gguf(self) }
    }
}
