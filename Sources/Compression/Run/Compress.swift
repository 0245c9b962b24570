package import Checkpoint
package import FoundationEssentials
import JSON
import Kernels

/// A spec and the directory its result goes to.
package struct CompressionTarget: Sendable {
    package let spec: Spec
    /// New or empty; who publishes it renames it into place.
    package let directory: URL

    package init(_ spec: Spec, directory: URL) {
        self.spec = spec
        self.directory = directory
    }
}

/// Compresses a 16-bit or float32 checkpoint by specs that need no calibration, reading its weights once.
///
/// Every target becomes a Hugging Face directory in compressed-tensors' layout with `provenance.json`. Nothing is
/// synced or published here: an error leaves a directory that is not whole, without a `config.json`.
///
/// `progress` is called after each linear layer with the number done and the number there are.
package func compress(
    _ checkpoint: Checkpoint, into targets: [CompressionTarget], provenance: Provenance,
    progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
) throws(CompressionError) {
    var run = try CompressionRun(checkpoint, targets)
    let layers = run.layers
    for (index, layer) in layers.enumerated() {
        try run.compress(layer)
        progress(index + 1, layers.count)
    }
    try run.finish(provenance)
}

/// Why specs do not fit a checkpoint's shapes, in their order; nil for those that do.
///
/// Reads no weights.
///
/// Throws what stands against compressing the checkpoint at all. All specs must have the same targets.
package func misfits(of specs: [Spec], to checkpoint: Checkpoint) throws(CompressionError) -> [CompressionError?] {
    let modules = try CompressionRun.modules(of: checkpoint, specs)
    let layers = try CompressionRun.layers(checkpoint, modules)
    return specs.map { spec in
        do throws(CompressionError) {
            _ = try CompressionRun.layout(of: layers, spec)
            return nil
        } catch { return error }
    }
}

/// A compression under way: the linear layers may be handed over one by one, in any order, each once.
///
/// This is what a driver for methods that calibrate works with: it takes a layer, sees to its Hessian, and compresses.
package struct CompressionRun {
    /// The layers to compress, in byte order of their names.
    package let layers: [LinearLayer]
    private let checkpoint: Checkpoint
    private let kept: [Tensor]
    private let outputs: [CompressedOutput]

    /// Opens the outputs; all specs must have the same targets.
    package init(_ checkpoint: Checkpoint, _ targets: [CompressionTarget]) throws(CompressionError) {
        self.checkpoint = checkpoint
        let modules = try Self.modules(of: checkpoint, targets.map(\.spec))
        layers = try Self.layers(checkpoint, modules)
        kept = Self.kept(checkpoint, modules)
        // All that can be refused is refused before anything is written.
        var layouts: [[[StoredLayout]]] = []
        for target in targets { layouts.append(try Self.layout(of: layers, target.spec)) }
        var outputs: [CompressedOutput] = []
        for (target, layout) in zip(targets, layouts) {
            outputs.append(
                try CompressedOutput(
                    target.spec, directory: target.directory, modules: zip(layers.map(\.name), layout), kept: kept))
        }
        self.outputs = outputs
    }

    /// Compresses a layer by every spec and writes the results, which come back in the order of the targets: with them
    /// a driver goes on to the inputs of the next layer.
    @discardableResult
    package mutating func compress(
        _ layer: LinearLayer, hessian: Hessian? = nil
    ) throws(CompressionError) -> [CompressedWeight] {
        var results = [CompressedWeight?](repeating: nil, count: outputs.count)
        var waiting = Array(outputs.indices)
        while let first = waiting.first {
            let compressor = outputs[first].spec.compressor
            let indices = waiting.filter { outputs[$0].spec.compressor == compressor }
            waiting.removeAll { indices.contains($0) }
            let weights = try compressor.compress(layer, specs: indices.map { outputs[$0].spec }, hessian: hessian)
            for (index, weight) in zip(indices, weights) {
                try outputs[index].write(layer, weight)
                results[index] = weight
            }
        }
        return results.compactMap(\.self)
    }

    /// Writes what is not compressed and what stands beside the weights.
    ///
    /// `vectors` are the values of kept tensors that changed, by their names; their types hold them.
    package consuming func finish(
        _ provenance: Provenance, replacing vectors: [String: [Float]] = [:]
    ) throws(CompressionError) {
        for tensor in kept {
            if let values = vectors[tensor.info.name] {
                let bytes = try tensor.bytes(of: values)
                for output in outputs { try output.write(tensor.info.name, bytes) }
                continue
            }
            try tensor.withBytes { (bytes) throws(CompressionError) in
                for output in outputs { try output.write(tensor.info.name, bytes) }
            }
        }
        let compressed = Set(layers.map(\.name))
        let ignored = LinearModules.others(of: checkpoint, than: compressed)
        for output in outputs { try output.finish(from: checkpoint, ignored: ignored, provenance: provenance) }
    }

    /// The modules that specs choose of a checkpoint that is not compressed yet.
    fileprivate static func modules(
        of checkpoint: Checkpoint, _ specs: [Spec]
    ) throws(CompressionError) -> LinearModules {
        let file = checkpoint.directory.path(percentEncoded: false)
        if let existing = checkpoint.config.json["quantization_config"], existing != .null {
            let method = existing.object?["quant_method"]?.string ?? existing.canonicalText
            throw .alreadyCompressed(checkpoint: file, method: method)
        }
        let selection = specs.first?.targets ?? .layers
        precondition(specs.allSatisfy { $0.targets == selection }, "one run has one choice of modules")
        let modules = LinearModules(of: checkpoint, selection)
        guard !modules.names.isEmpty else { throw .noTargets(checkpoint: file) }
        return modules
    }

    /// The tensors that a spec makes of each layer; refuses a spec that does not fit one.
    fileprivate static func layout(
        of layers: [LinearLayer], _ spec: Spec
    ) throws(CompressionError) -> [[StoredLayout]] {
        try layers.map { (layer) throws(CompressionError) in
            try spec.compressor.layout(layer, spec) + spec.inputLayout(layer)
        }
    }

    fileprivate static func layers(
        _ checkpoint: Checkpoint, _ modules: LinearModules
    ) throws(CompressionError) -> [LinearLayer] {
        var weights: [String: DenseMatrix] = [:]
        for name in modules.names {
            weights[name] = try checkpoint.tensors[name + ".weight"]?.denseMatrix(transposed: modules.transposed)
        }
        var stacks: [String: WeightStack] = [:]
        var layers: [LinearLayer] = []
        for name in modules.names {
            guard let tensor = checkpoint.tensors[name + ".weight"], let weight = weights[name] else { continue }
            if stacks[name] == nil, let names = WeightStack.names(with: name, among: Set(modules.names)) {
                let members = names.compactMap { member in weights[member].map { (name: member, weight: $0) } }
                // Weights of other widths have other inputs, whatever their names.
                if members.allSatisfy({ $0.weight.columns == weight.columns }) {
                    let stack = WeightStack(members)
                    for member in members { stacks[member.name] = stack }
                }
            }
            let scaleType = ScaleType(weights: tensor.info.type)
            layers.append(LinearLayer(name: name, weight: weight, scaleType: scaleType, stack: stacks[name]))
        }
        return layers
    }

    private static func kept(_ checkpoint: Checkpoint, _ modules: LinearModules) -> [Tensor] {
        let taken = Set(modules.names.map { $0 + ".weight" })
        return checkpoint.tensors.values.filter { !taken.contains($0.info.name) }.sorted {
            $0.info.name.utf8.lexicographicallyPrecedes($1.info.name.utf8)
        }
    }
}
