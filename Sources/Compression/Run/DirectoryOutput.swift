import Checkpoint
import FoundationEssentials
import JSON
import Kernels
import System

/// A compressed checkpoint as a Hugging Face directory in compressed-tensors' layout.
final class DirectoryOutput: CompressedOutput {
    let spec: Spec
    private let plan: CompressionPlan
    private let directory: URL
    /// Nil once the file is finished.
    private var writer: SafetensorsWriter?
    /// Stored bits of each compressed module, scales and zero points included.
    private var bits: [String: Int] = [:]

    /// Creates the directory if need be, and in it `model.safetensors` with its header.
    ///
    /// `modules` are the names of the linear modules that will be written by `write(_:_:)`, with their tensors; `kept`
    /// are tensors that will be written as they are.
    init(
        _ plan: CompressionPlan, directory: URL, modules: some Sequence<(String, [StoredLayout])>, kept: [Tensor]
    ) throws(CompressionError) {
        (self.plan, spec) = (plan, plan.spec)
        self.directory = directory
        try CompressionError.attempt { () throws(SystemError) in try makeDirectory(directory) }
        var declarations = kept.map { SafetensorsWriter.Declaration($0.info.name, $0.info.type, $0.info.shape) }
        for (module, layout) in modules {
            declarations += layout.map { .init("\(module).\($0.suffix)", $0.type, $0.shape) }
        }
        do {
            writer = try SafetensorsWriter(
                creating: directory.appending(path: "model.safetensors"), tensors: declarations)
        } catch { throw .checkpoint(error) }
    }

    func write(_ layer: LinearLayer, _ weight: CompressedWeight) throws(CompressionError) {
        guard let task = plan.task(of: layer.name) else { preconditionFailure("a layer that is written is compressed") }
        let module = layer.name
        bits[module] = weight.bitCount
        for tensor in weight.tensors {
            try write("\(module).\(tensor.layout.suffix)", tensor.storage)
        }
        guard let rounding = task.spec.options.activations, rounding.isCalibrated else { return }
        if rounding.numbers == .nvfp4 {
            try write("\(module).input_global_scale", globalInputScale(layer))
        } else {
            try write("\(module).input_scale", inputScale(layer, rounding, task.spec))
        }
    }

    private func globalInputScale(_ layer: LinearLayer) throws(CompressionError) -> StoredBytes {
        guard let largest = layer.largestInput else { throw .missingCalibration(method: spec.name) }
        let stored = StoredBytes(byteCount: 4)
        stored.store(NVFP4.globalScale(largest: largest), at: 0)
        return stored
    }

    /// The stored scale of a layer's inputs; that of inputs that were all 0 is 1.
    private func inputScale(
        _ layer: LinearLayer, _ rounding: ActivationQuantization, _ spec: Spec
    ) throws(CompressionError) -> StoredBytes {
        guard let largest = layer.largestInput else { throw .missingCalibration(method: spec.name) }
        let type = spec.scaleType(checkpoint: layer.scaleType)
        let scale = largest == 0 ? 1 : max(type.rounded(rounding.step(largest: largest)), type.leastPositive)
        guard scale.isFinite else {
            throw .scaleOutOfRange(tensor: layer.name + ".input_scale", row: 0, scaleType: type.rawValue)
        }
        let stored = StoredBytes(byteCount: type.byteCount)
        stored.store(scale, type, at: 0)
        return stored
    }

    func write(_ name: String, _ bytes: UnsafeRawBufferPointer) throws(CompressionError) {
        do { try writer?.write(name, bytes) } catch { throw .checkpoint(error) }
    }

    /// Finishes the weights, then writes what stands beside them.
    ///
    /// `config.json` comes last: nobody opens a directory without one, so what was interrupted is not taken for whole.
    func finish(from checkpoint: Checkpoint, ignored: [String], provenance: Provenance) throws(CompressionError) {
        // The optional is emptied by taking the writer out: finishing consumes it.
        if let writer = writer.take() {
            do { try writer.finish() } catch { throw .checkpoint(error) }
        }
        let (inventory, bitsPerWeight) = (plan.inventory, plan.inventory.bitsPerWeight(bits))
        var facts = JSONObject()
        if !spec.parts.isEmpty {
            (facts["bits_per_weight_of"], facts["parts"]) = (inventory.shares(bits), inventory.facts(bits))
        }
        try write(provenance.json(spec, bitsPerWeight: bitsPerWeight, more: facts), as: Provenance.file)
        try copyCompanions(of: checkpoint, into: directory)
        var config = checkpoint.config.json
        let quantization = plan.groups.configuration(named: !spec.parts.isEmpty, ignored: ignored)
        config["quantization_config"] = quantization.members.isEmpty ? nil : .object(quantization)
        if let member = spec.options.cache?.member { config[member.key] = member.value }
        try write(.object(config), as: "config.json")
    }

    private func write(_ value: JSONValue, as name: String) throws(CompressionError) {
        try writeNew(value, to: directory.appending(path: name))
    }
}
