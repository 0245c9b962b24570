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

/// Compresses linear modules of a 16-bit or float32 checkpoint by specs that need no calibration, reading its weights once.
///
/// Every target becomes a Hugging Face directory in compressed-tensors' layout with `provenance.json`. Nothing is
/// synced or published here: an error leaves a directory that is not whole, without a `config.json`.
///
/// `progress` is called after each linear layer with the number done and the number there are.
package func compress(
    _ checkpoint: Checkpoint, modules: [LinearModule], into targets: [CompressionTarget], provenance: Provenance,
    progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
) throws(CompressionError) {
    var run = try CompressionRun(checkpoint, modules, targets)
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
package func misfits(
    of specs: [Spec], to checkpoint: Checkpoint, modules: [LinearModule]
) throws(CompressionError) -> [CompressionError?] {
    try CompressionRun.check(checkpoint, modules, specs)
    let layers = try CompressionRun.layers(checkpoint, modules)
    let kept = CompressionRun.kept(checkpoint, modules).kept
    return specs.map { spec in
        do throws(CompressionError) {
            let compressor = try spec.compressor.fitted(to: checkpoint, layers, kept, spec)
            _ = try CompressionRun.layout(of: layers, spec, compressor)
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
    /// The weights of the layers, for outputs that leave them as they are.
    private let plain: [Tensor]
    private let outputs: [any CompressedOutput]
    /// What makes the weights of each output.
    private let compressors: [any LayerCompressor]

    /// Opens the outputs for linear modules in any order; all specs must have the same targets.
    package init(
        _ checkpoint: Checkpoint, _ modules: [LinearModule], _ targets: [CompressionTarget]
    ) throws(CompressionError) {
        self.checkpoint = checkpoint
        try Self.check(checkpoint, modules, targets.map(\.spec))
        let layers = try Self.layers(checkpoint, modules)
        self.layers = layers
        (kept, plain) = Self.kept(checkpoint, modules)
        // All that can be refused is refused before anything is written.
        let isConv1D = modules.allSatisfy(\.transposed)
        var compressors: [any LayerCompressor] = []
        var layouts: [[[StoredLayout]]] = []
        for target in targets {
            let compressor = try target.spec.compressor.fitted(to: checkpoint, layers, kept, target.spec)
            compressors.append(compressor)
            layouts.append(try Self.layout(of: layers, target.spec, compressor))
        }
        self.compressors = compressors
        var outputs: [any CompressedOutput] = []
        for (target, layouts) in zip(targets, layouts) {
            let (spec, directory) = (target.spec, target.directory)
            if spec.format.blocks != nil {
                outputs.append(try GGUFOutput(spec, of: checkpoint, directory: directory, layers: layers, kept: kept))
                continue
            }
            let form = ModuleForm(spec, layers, isConv1D: isConv1D)
            outputs.append(
                try DirectoryOutput(
                    spec, form, directory: directory,
                    modules: zip(layers, layouts).map { ($0.name, form.layout($1, $0)) },
                    kept: kept + (spec.leavesWeights ? plain : [])))
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
            let compressor = compressors[first]
            let indices = waiting.filter { compressors[$0].isEqual(to: compressor) }
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
        for tensor in plain {
            try tensor.withBytes { (bytes) throws(CompressionError) in
                for output in outputs where output.spec.leavesWeights { try output.writePlain(tensor.info.name, bytes) }
            }
        }
        let compressed = Set(layers.map(\.name))
        let ignored = Self.others(of: checkpoint, than: compressed)
        for output in outputs { try output.finish(from: checkpoint, ignored: ignored, provenance: provenance) }
    }

    /// Refuses a checkpoint that is compressed already, or has nothing to compress.
    fileprivate static func check(
        _ checkpoint: Checkpoint, _ modules: [LinearModule], _ specs: [Spec]
    ) throws(CompressionError) {
        let file = checkpoint.directory.path(percentEncoded: false)
        if let existing = checkpoint.config.quantization, existing != .null {
            let method = existing.object?["quant_method"]?.string ?? existing.canonicalText
            throw .alreadyCompressed(checkpoint: file, method: method)
        }
        precondition(Set(specs.map(\.targets)).count <= 1, "one run has one choice of modules")
        guard !modules.isEmpty else { throw .noTargets(checkpoint: file) }
    }

    /// The tensors that a spec makes of each layer; refuses a spec that does not fit one.
    fileprivate static func layout(
        of layers: [LinearLayer], _ spec: Spec, _ compressor: any LayerCompressor
    ) throws(CompressionError) -> [[StoredLayout]] {
        try layers.map { (layer) throws(CompressionError) in
            let weights = try compressor.layout(layer, spec)
            return try weights + spec.inputLayout(layer)
        }
    }

    static func layers(
        _ checkpoint: Checkpoint, _ modules: [LinearModule]
    ) throws(CompressionError) -> [LinearLayer] {
        let modules = modules.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        var layers: [LinearLayer] = []
        for module in modules { layers.append(try LinearLayer(module, of: checkpoint)) }
        let weights = Dictionary(uniqueKeysWithValues: layers.map { ($0.name, $0.weight) })
        var stacks: [[String]: WeightStack] = [:]
        for (index, module) in modules.enumerated() where module.stack.count > 1 {
            if stacks[module.stack] == nil {
                stacks[module.stack] = WeightStack(
                    module.stack.compactMap { name in weights[name].map { (name: name, weight: $0) } })
            }
            layers[index].stack = stacks[module.stack]
        }
        return layers
    }

    /// Tensors that no spec compresses, and the weights of modules, each by name.
    static func kept(_ checkpoint: Checkpoint, _ modules: [LinearModule]) -> (kept: [Tensor], plain: [Tensor]) {
        let taken = Set(modules.map { $0.name + ".weight" })
        let all = checkpoint.tensors.values.sorted {
            $0.info.name.utf8.lexicographicallyPrecedes($1.info.name.utf8)
        }
        return (all.filter { !taken.contains($0.info.name) }, all.filter { taken.contains($0.info.name) })
    }

    /// Modules with weights of two dimensions that are not compressed, for a configuration's `ignore`: an output head is
    /// among them even where it is tied and has no tensor of its own.
    private static func others(of checkpoint: Checkpoint, than compressed: Set<String>) -> [String] {
        let stored = checkpoint.tensors.values.compactMap { tensor in
            tensor.info.shape.count == 2 && tensor.info.name.hasSuffix(".weight")
                ? String(tensor.info.name.dropLast(".weight".count)) : nil
        }
        return Set(stored + ["lm_head"]).subtracting(compressed).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}

extension LinearLayer {
    /// The plain weight of a module, which must have the described sizes.
    fileprivate init(_ module: LinearModule, of checkpoint: Checkpoint) throws(CompressionError) {
        let name = module.name + ".weight"
        guard let tensor = checkpoint.tensors[name] else { throw .missingTensor(name: name, known: []) }
        let weight = try tensor.denseMatrix(transposed: module.transposed)
        guard weight.rows == module.outputs, weight.columns == module.inputs else {
            let sizes = [module.outputs, module.inputs]
            throw .wrongShape(
                tensor: name, found: tensor.info.shape, expected: "\(module.transposed ? sizes.reversed() : sizes)")
        }
        self.init(name: module.name, weight: weight, scaleType: ScaleType(weights: tensor.info.type))
    }
}
