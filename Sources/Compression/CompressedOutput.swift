import Checkpoint
import FoundationEssentials
import JSON
import Kernels

/// One compressed checkpoint being written: a Hugging Face directory in compressed-tensors' layout.
final class CompressedOutput {
    let spec: Spec
    private let directory: URL
    /// Nil once the file is finished.
    private var writer: SafetensorsWriter?
    private var bitCount = 0
    private var weightCount = 0

    /// Creates the directory if need be, and in it `model.safetensors` with its header.
    ///
    /// - Parameters:
    ///   - modules: the names of the linear modules that will be written by `write(_:_:)`, with their tensors.
    ///   - kept: tensors that will be written as they are.
    init(
        _ spec: Spec, directory: URL, modules: some Sequence<(String, [StoredLayout])>, kept: [Tensor]
    ) throws(CompressionError) {
        self.spec = spec
        self.directory = directory
        do { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) } catch {
            throw .cannotWrite(path: directory.path(percentEncoded: false), errno: SystemFile.lastError)
        }
        var declarations = kept.map { SafetensorsWriter.Declaration($0.info.name, $0.info.type, $0.info.shape) }
        for (module, layout) in modules {
            declarations += layout.map { .init("\(module).\($0.suffix)", $0.type, $0.shape) }
        }
        do {
            writer = try SafetensorsWriter(
                creating: directory.appending(path: "model.safetensors"), tensors: declarations)
        } catch { throw .checkpoint(error) }
    }

    func write(_ module: String, _ weight: CompressedWeight) throws(CompressionError) {
        bitCount += weight.bitCount
        weightCount += weight.weightCount
        for tensor in weight.tensors {
            let bytes = UnsafeRawBufferPointer(start: tensor.storage.base, count: tensor.storage.byteCount)
            try write("\(module).\(tensor.layout.suffix)", bytes)
        }
    }

    func write(_ name: String, _ bytes: UnsafeRawBufferPointer) throws(CompressionError) {
        do { try writer?.write(name, bytes) } catch { throw .checkpoint(error) }
    }

    /// Stored bits per compressed weight so far.
    var bitsPerWeight: Double { weightCount == 0 ? 0 : Double(bitCount) / Double(weightCount) }

    /// Finishes the weights, then writes what stands beside them, and syncs the directory.
    func finish(from checkpoint: Checkpoint, ignored: [String], provenance: Provenance) throws(CompressionError) {
        // The optional is emptied by taking the writer out: finishing consumes it.
        if let writer = writer.take() {
            do { try writer.finish() } catch { throw .checkpoint(error) }
        }
        var config = checkpoint.config.json
        config["quantization_config"] = .object(spec.compressor.configuration(spec, ignored: ignored))
        try write(.object(config), as: "config.json")
        try write(provenance.json(spec, bitsPerWeight: bitsPerWeight), as: "provenance.json")
        for name in Self.companions {
            let source = checkpoint.directory.appending(path: name)
            guard FileManager.default.fileExists(atPath: source.path(percentEncoded: false)) else { continue }
            try SystemFile.write(SystemFile.read(source), to: directory.appending(path: name))
        }
        try SystemFile.synchronize(directory)
    }

    private func write(_ value: JSONValue, as name: String) throws(CompressionError) {
        try SystemFile.write(Array(value.prettyText.utf8), to: directory.appending(path: name))
    }

    /// Files of a Hugging Face directory that go with the weights unchanged.
    private static let companions = [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
        "merges.txt", "tokenizer.model", "generation_config.json", "chat_template.jinja",
    ]
}
