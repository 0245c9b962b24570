import Checkpoint
import Compression
import Kernels
import LanguageModel

/// Takes specs that each have a stream of their own through all layers, as many together as memory allows.
///
/// GPTQ as IST-DASLab/gptq does it: the inputs of all linear layers of a layer are those of the layer as it was, behind
/// layers that are compressed already. So each spec has a residual stream of its own; in front of the first layer they
/// are all the same, and so are its Hessians. Specs that look at the uncompressed model have its stream beside their own.
func compressSequentially(
    _ store: WeightStore, into targets: [CompressionTarget], calibratedOn windows: TokenWindows,
    provenance: Provenance, memoryBudget: Int, control: RunControl
) throws(LanguageModelError) {
    let description = try ModelVariant(store).description
    let streamByteCount = 4 * description.width * windows.ids.count
    let perSpec = targets.contains { $0.spec.passage.seesUncompressed } ? 2 : 1
    let together = max(1, memoryBudget / 2 / (perSpec * streamByteCount))
    for first in stride(from: 0, to: targets.count, by: together) {
        let batch = first..<min(targets.count, first + together)
        let part = control.part(
            from: Double(batch.lowerBound) / Double(targets.count),
            to: Double(batch.upperBound) / Double(targets.count))
        var streams: [SpecStream] = []
        for target in targets[batch] { streams.append(try SpecStream(store, target, windows, part)) }
        let hessians = memoryBudget - batch.count * perSpec * streamByteCount
        try compress(streams, layers: description.layers.count, hessianByteCount: hessians, part)
        for stream in streams { try stream.finish(provenance) }
    }
}

/// Takes some specs through all layers.
private func compress(
    _ streams: [SpecStream], layers: Int, hessianByteCount: Int, _ control: RunControl
) throws(LanguageModelError) {
    for layer in 0..<layers {
        // Nothing is compressed in front of the first layer yet.
        let groups = layer == 0 ? byStatistic(streams) : streams.map { [$0] }
        for (index, group) in groups.enumerated() {
            var seen: Set<String> = []
            while let seenInputs = try group[0].inputs(layer: layer, except: seen, byteCount: hessianByteCount) {
                for stream in group { try stream.compress(seenInputs) }
                seen.formUnion(seenInputs.largest.keys)
            }
            for stream in group { try stream.compressUnseen(layer: layer) }
            for stream in group where layer + 1 < layers { try stream.advance(layer: layer) }
            control.progress((Double(layer) + Double(index + 1) / Double(groups.count)) / Double(layers))
        }
    }
}

/// The streams that look at the same things.
private func byStatistic(_ streams: [SpecStream]) -> [[SpecStream]] {
    InputStatistic.allCases.map { statistic in streams.filter { $0.statistic == statistic } }.filter { !$0.isEmpty }
}

/// What modules of a layer are given.
private struct SeenInputs {
    var hessians: [String: Hessian] = [:]
    var drifts: [String: CrossMoments] = [:]
    /// The root mean square of each input.
    var norms: [String: [Float]] = [:]
    /// The greatest magnitude of all inputs of each module.
    let largest: [String: Float]
}

/// One spec on its way through the layers.
private final class SpecStream {
    /// What it must know of the inputs of each layer.
    let statistic: InputStatistic
    private let run: LayerwiseRun
    /// The uncompressed model's run, where inputs are compared with its.
    private let uncompressed: LayerwiseRun?
    private var output: CompressionRun
    /// The modules still to be compressed.
    private var waiting: [String: LinearLayer]
    /// The layer's modules that are compressed already.
    private var compressed: [String: any WeightMatrix] = [:]
    /// The experts' modules that saw too little text.
    private var fewTokens: [String] = []

    init(
        _ store: WeightStore, _ target: CompressionTarget, _ windows: TokenWindows, _ control: RunControl
    ) throws(LanguageModelError) {
        guard case .sequential(let statistic) = target.spec.passage else {
            preconditionFailure("only sequential methods have a stream of their own")
        }
        self.statistic = statistic
        run = try LayerwiseRun(store, windows: windows, isCancelled: control.isCancelled)
        uncompressed =
            statistic == .hessianAndDrift
            ? try LayerwiseRun(store, windows: windows, isCancelled: control.isCancelled) : nil
        do { output = try CompressionRun(store.checkpoint, run.description.compressibleModules, [target]) } catch {
            throw .compression(error)
        }
        waiting = Dictionary(uniqueKeysWithValues: output.layers.map { ($0.name, $0) })
    }

    /// What a layer's modules are given, for as many of those that are not among `seen` as fit into memory; nil if none
    /// is left.
    func inputs(
        layer: Int, except seen: Set<String>, byteCount: Int
    ) throws(LanguageModelError) -> SeenInputs? {
        let modules = run.description.layers[layer].linearLayers.map(\.module)
        guard !seen.isSuperset(of: modules) else { return nil }
        if statistic == .norms { return seen.isEmpty ? try norms(layer: layer) : nil }
        let gathering = HessianGathering(context: run.context, except: seen, byteCount: byteCount)
        if let uncompressed {
            try run.observe(layer: layer, beside: uncompressed) { modules, inputs, others in
                gathering.add(inputs, of: modules, uncompressed: others)
            }
        } else {
            try run.observe(layer: layer) { modules, inputs in gathering.add(inputs, of: modules) }
        }
        let (hessians, drifts) = (gathering.hessians, gathering.drifts)
        if let module = modules.first(where: { !(hessians[$0]?.isFinite ?? true) || !(drifts[$0]?.isFinite ?? true) }) {
            throw .inputsNotFinite(module: module)
        }
        return hessians.isEmpty ? nil : SeenInputs(hessians: hessians, drifts: drifts, largest: gathering.largest)
    }

    /// Lengths of inputs take no memory to speak of: those of all modules are found in one pass.
    private func norms(layer: Int) throws(LanguageModelError) -> SeenInputs {
        let gathering = ChannelGathering()
        try run.observe(layer: layer) { modules, inputs in gathering.add(inputs, of: modules) }
        let statistics = try gathering.statistics()
        return SeenInputs(
            norms: statistics.mapValues { $0.meanSquare.map { Float($0.squareRoot()) } },
            largest: statistics.mapValues(\.largest))
    }

    func compress(_ inputs: SeenInputs) throws(LanguageModelError) {
        for module in inputs.largest.keys.sorted() {
            try compress(
                module, largest: inputs.largest[module], norms: inputs.norms[module], hessian: inputs.hessians[module],
                drift: inputs.drifts[module])
        }
    }

    /// Compresses the experts of a layer that no token chose as if their inputs were all alike.
    func compressUnseen(layer: Int) throws(LanguageModelError) {
        for linear in run.description.layers[layer].linearLayers where waiting[linear.module] != nil {
            fewTokens.append(linear.module)
            let isNorms = statistic == .norms
            try compress(
                linear.module, largest: 0, norms: isNorms ? Array(repeating: 1, count: linear.inputs) : nil,
                hessian: isNorms ? nil : .identity(columns: linear.inputs))
        }
    }

    private func compress(
        _ module: String, largest: Float?, norms: [Float]?, hessian: Hessian?, drift: CrossMoments? = nil
    ) throws(LanguageModelError) {
        guard var layer = waiting.removeValue(forKey: module) else { return }
        layer.largestInput = largest
        layer.inputNorms = norms
        layer.drift = drift
        var hessian = hessian
        if let given = hessian, given.tokens > 0, given.saysTooLittle, isExpert(module) {
            fewTokens.append(module)
            hessian = .identity(columns: given.columns)
        }
        do { compressed[module] = try output.compress(layer, hessian: hessian)[0].matrix } catch {
            throw .compression(error)
        }
    }

    private func isExpert(_ module: String) -> Bool {
        run.description.layers.contains { module.hasPrefix($0.module + ".") && $0.expertModules.contains(module) }
    }

    func advance(layer: Int) throws(LanguageModelError) {
        try run.advance(layer: layer, replacing: compressed)
        try uncompressed?.advance(layer: layer, replacing: [:])
        compressed = [:]
    }

    func finish(_ provenance: Provenance) throws(LanguageModelError) {
        var provenance = provenance
        provenance.fewTokens = fewTokens
        do {
            // Embeddings and heads that are compressed too; nothing looks at their inputs.
            for layer in output.layers where waiting[layer.name] != nil { try output.compress(layer) }
            try output.finish(provenance)
        } catch { throw .compression(error) }
    }
}

extension Hessian {
    /// Whether an expert saw fewer tokens than an eighth of its inputs: errors are then made up for by what little it saw.
    fileprivate var saysTooLittle: Bool { tokens * 8 < columns }
}

extension Passage {
    /// Whether a spec compares inputs with the uncompressed model's.
    fileprivate var seesUncompressed: Bool { if case .sequential(.hessianAndDrift) = self { true } else { false } }
}
