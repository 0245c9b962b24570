package import Checkpoint
package import FoundationEssentials
import JSON
import Kernels

/// A spec and the directory its result goes to.
package struct CompressionTarget: Sendable {
    package let spec: Spec
    /// New or empty; who publishes it renames it into place.
    package let directory: URL
    /// What the spec makes of the checkpoint, where that has been asked already.
    private(set) var plan: CompressionPlan?

    package init(_ spec: Spec, directory: URL) {
        self.spec = spec
        self.directory = directory
    }

    /// The same with what the spec makes of a checkpoint, which is refused if it does not fit.
    package func planned(_ checkpoint: Checkpoint, _ modules: [LinearModule]) throws(CompressionError)
        -> CompressionTarget
    {
        var target = self
        target.plan = try CompressionPlan(spec, of: checkpoint, modules)
        return target
    }

    /// The GGUF file that a planned target will be; nil for others.
    package var file: GGUFPlan? { plan?.file }
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
    return specs.map { spec in
        do throws(CompressionError) {
            _ = try CompressionPlan(spec, of: checkpoint, modules)
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
    /// What each output makes of each layer.
    private let plans: [CompressionPlan]

    /// Opens the outputs for linear modules in any order; all specs must have the same targets.
    package init(
        _ checkpoint: Checkpoint, _ modules: [LinearModule], _ targets: [CompressionTarget]
    ) throws(CompressionError) {
        self.checkpoint = checkpoint
        try Self.check(checkpoint, modules, targets.map(\.spec))
        // All that can be refused is refused before anything is written.
        var plans: [CompressionPlan] = []
        for target in targets {
            if let plan = target.plan {
                plans.append(plan)
            } else {
                plans.append(try CompressionPlan(target.spec, of: checkpoint, modules))
            }
        }
        self.plans = plans
        let wanted = modules.filter { module in
            module.isInLayers || plans.contains { $0.task(of: module.name) != nil }
        }
        layers = try Self.layers(checkpoint, wanted)
        (kept, plain) = Self.kept(checkpoint, wanted)
        var outputs: [any CompressedOutput] = []
        for (target, plan) in zip(targets, plans) {
            let others = kept + plain.filter { !plan.compresses($0) }
            outputs.append(try plan.output(in: target.directory, others: others))
        }
        self.outputs = outputs
    }

    /// The first target's spec of a module; the line's of one that stays as it is.
    package func spec(of module: String) -> Spec { plans[0].task(of: module)?.spec ?? plans[0].spec }

    /// Compresses a layer by every spec and writes the results, which come back in the order of the targets: with them
    /// a driver goes on to the inputs of the next layer.
    @discardableResult
    package mutating func compress(
        _ layer: LinearLayer, hessian: Hessian? = nil
    ) throws(CompressionError) -> [CompressedWeight] {
        let tasks = plans.map { $0.task(of: layer.name) }
        var results = tasks.map { task in task == nil ? CompressedWeight(tensors: [], matrix: layer.weight) : nil }
        var waiting = outputs.indices.filter { tasks[$0] != nil }
        while let first = waiting.first, let compressor = tasks[first]?.compressor {
            let indices = waiting.filter { tasks[$0]?.compressor.isEqual(to: compressor) ?? false }
            waiting.removeAll { indices.contains($0) }
            let specs = indices.compactMap { tasks[$0]?.spec }
            let weights = try compressor.compress(layer, specs: specs, hessian: hessian)
            for (index, usual) in zip(indices, weights) {
                let weight = tasks[index]?.form.converted(usual) ?? usual
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
                for (output, plan) in zip(outputs, plans) where !plan.compresses(tensor) {
                    try output.write(tensor.info.name, bytes)
                }
            }
        }
        for (output, plan) in zip(outputs, plans) {
            let ignored = Self.others(of: checkpoint, than: plan.compressed)
            try output.finish(from: checkpoint, ignored: ignored, provenance: provenance)
        }
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
        guard modules.contains(where: \.isInLayers) else { throw .noTargets(checkpoint: file) }
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
