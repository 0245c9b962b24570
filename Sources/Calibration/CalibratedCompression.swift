package import Checkpoint
package import Compression
import Kernels
package import LanguageModel

/// Compresses a 16-bit or float32 checkpoint by specs that go through it layer after layer: those whose methods look at
/// what its layers are given, and those that scale channels before they round.
///
/// GPTQ as IST-DASLab/gptq does it: the inputs of all linear layers of a layer are those of the layer as it was, behind
/// layers that are compressed already. So each spec has a residual stream of its own; in front of the first layer they
/// are all the same, and so are its Hessians. Methods that scale channels look at the uncompressed model's inputs
/// (`PreparedCompression`); they come last.
///
/// Every target becomes a directory as with specs that need no calibration.
///
/// The calibration text is n windows, nil where no spec needs any. `memoryBudget` is the bytes of residual streams
/// (n · context · d floats each) and Hessians that are held at once; one of each is, whatever it takes.
package func compress(
    _ checkpoint: Checkpoint, into targets: [CompressionTarget], calibratedOn windows: TokenWindows?,
    provenance: Provenance, memoryBudget: Int, control: RunControl = RunControl()
) throws(LanguageModelError) {
    let store: WeightStore
    do { store = try WeightStore(checkpoint) } catch { throw .compression(error) }
    let (chained, prepared) = (targets.filter(\.spec.needsStream), targets.filter { !$0.spec.needsStream })
    let share = Double(chained.count) / Double(max(1, targets.count))
    if !chained.isEmpty {
        guard let windows else { throw .compression(.missingCalibration(method: chained[0].spec.method.rawValue)) }
        try compress(
            store, into: chained, calibratedOn: windows, provenance: provenance, memoryBudget: memoryBudget,
            control: control.part(from: 0, to: share))
    }
    if !prepared.isEmpty {
        let part = control.part(from: share, to: 1)
        try PreparedCompression(store, prepared, windows, part).run(provenance, part)
    }
}

extension Spec {
    /// Whether each of its layers is calibrated behind compressed ones.
    fileprivate var needsStream: Bool { method.need != .none && !method.scalesChannels }
}

extension RunControl {
    /// The same, where what is done is a part of the whole.
    fileprivate func part(from first: Double, to last: Double) -> RunControl {
        RunControl(progress: { progress(first + $0 * (last - first)) }, isCancelled: isCancelled)
    }
}

/// Takes specs that each have a stream of their own through all layers, as many together as memory allows.
private func compress(
    _ store: WeightStore, into targets: [CompressionTarget], calibratedOn windows: TokenWindows,
    provenance: Provenance, memoryBudget: Int, control: RunControl
) throws(LanguageModelError) {
    let description = try ModelVariant(store).description
    let streamByteCount = 4 * description.width * windows.ids.count
    let together = max(1, memoryBudget / 2 / streamByteCount)
    for first in stride(from: 0, to: targets.count, by: together) {
        let batch = first..<min(targets.count, first + together)
        let part = control.part(
            from: Double(batch.lowerBound) / Double(targets.count),
            to: Double(batch.upperBound) / Double(targets.count))
        var streams: [SpecStream] = []
        for target in targets[batch] { streams.append(try SpecStream(store, target, windows, part)) }
        let hessians = memoryBudget - batch.count * streamByteCount
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
        let groups = layer == 0 ? byNeed(streams) : streams.map { [$0] }
        for (index, group) in groups.enumerated() {
            var seen: Set<String> = []
            while let seenInputs = try group[0].inputs(layer: layer, except: seen, byteCount: hessianByteCount) {
                for stream in group { try stream.compress(seenInputs) }
                seen.formUnion(seenInputs.largest.keys)
            }
            for stream in group where layer + 1 < layers { try stream.advance(layer: layer) }
            control.progress((Double(layer) + Double(index + 1) / Double(groups.count)) / Double(layers))
        }
    }
}

/// The streams that look at the same things.
private func byNeed(_ streams: [SpecStream]) -> [[SpecStream]] {
    [CalibrationNeed.hessian, .norms].map { need in streams.filter { $0.need == need } }.filter { !$0.isEmpty }
}

/// What modules of a layer are given.
private struct SeenInputs {
    var hessians: [String: Hessian] = [:]
    /// The root mean square of each input.
    var norms: [String: [Float]] = [:]
    /// The greatest magnitude of all inputs of each module.
    let largest: [String: Float]
}

/// One spec on its way through the layers.
private final class SpecStream {
    let need: CalibrationNeed
    private let run: LayerwiseRun
    private var output: CompressionRun
    /// The modules still to be compressed.
    private var waiting: [String: LinearLayer]
    /// The layer's modules that are compressed already.
    private var compressed: [String: any WeightMatrix] = [:]

    init(
        _ store: WeightStore, _ target: CompressionTarget, _ windows: TokenWindows, _ control: RunControl
    ) throws(LanguageModelError) {
        need = target.spec.method.need
        run = try LayerwiseRun(store, windows: windows, isCancelled: control.isCancelled)
        do { output = try CompressionRun(store.checkpoint, [target]) } catch { throw .compression(error) }
        waiting = Dictionary(uniqueKeysWithValues: output.layers.map { ($0.name, $0) })
    }

    /// What a layer's modules are given, for as many of those that are not among `seen` as fit into memory; nil if none
    /// is left.
    func inputs(
        layer: Int, except seen: Set<String>, byteCount: Int
    ) throws(LanguageModelError) -> SeenInputs? {
        let modules = run.description.layers[layer].linearLayers.map(\.module)
        guard !seen.isSuperset(of: modules) else { return nil }
        if need == .norms { return try norms(layer: layer) }
        let gathering = HessianGathering(context: run.context, except: seen, byteCount: byteCount)
        try run.observe(layer: layer) { modules, inputs in gathering.add(inputs, of: modules) }
        let hessians = gathering.hessians
        if let module = modules.first(where: { hessians[$0].map { !$0.isFinite } ?? false }) {
            throw .inputsNotFinite(module: module)
        }
        return hessians.isEmpty ? nil : SeenInputs(hessians: hessians, largest: gathering.largest)
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
            guard var layer = waiting.removeValue(forKey: module) else { continue }
            layer.largestInput = inputs.largest[module]
            layer.inputNorms = inputs.norms[module]
            do { compressed[module] = try output.compress(layer, hessian: inputs.hessians[module])[0].matrix } catch {
                throw .compression(error)
            }
        }
    }

    func advance(layer: Int) throws(LanguageModelError) {
        try run.advance(layer: layer, replacing: compressed)
        compressed = [:]
    }

    func finish(_ provenance: Provenance) throws(LanguageModelError) {
        if let left = waiting.keys.min() {
            throw .unexpectedTensor(left + ".weight", because: "no layer computes with it, so it cannot be calibrated")
        }
        do { try output.finish(provenance) } catch { throw .compression(error) }
    }
}

extension Hessian {
    /// Whether all inputs were finite: the diagonal sums their squares.
    fileprivate var isFinite: Bool { (0..<columns).allSatisfy { self[$0, $0].isFinite } }
}

/// Hessians and greatest magnitudes of the inputs that are shown, each shared by the modules that have the same input.
private final class HessianGathering {
    private(set) var hessians: [String: Hessian] = [:]
    private let context: Int
    private(set) var largest: [String: Float] = [:]
    private let seen: Set<String>
    private let byteCount: Int
    private var used = 0

    init(context: Int, except seen: Set<String>, byteCount: Int) {
        self.context = context
        self.seen = seen
        self.byteCount = byteCount
    }

    /// Adds some windows' inputs.
    func add(_ inputs: MatrixView, of modules: [String]) {
        guard let first = modules.first, !seen.contains(first) else { return }
        let windows = inputs.rows / context
        if let known = hessians[first] {
            known.add(inputs, windows: windows)
            return enlarge(inputs, modules)
        }
        let needed = 8 * inputs.columns * inputs.columns
        guard hessians.isEmpty || needed <= byteCount - used else { return }
        used += needed
        let hessian = Hessian(columns: inputs.columns)
        for module in modules { hessians[module] = hessian }
        hessian.add(inputs, windows: windows)
        enlarge(inputs, modules)
    }

    private func enlarge(_ inputs: MatrixView, _ modules: [String]) {
        let found = largestMagnitude(of: inputs)
        for module in modules { largest[module] = max(largest[module] ?? 0, found) }
    }
}
