package import Checkpoint
package import Compression
import FoundationEssentials
package import LanguageModel
import System

/// Compresses a 16-bit or float32 checkpoint by specs of any method, each going through the model as its method does.
///
/// Every target becomes a Hugging Face directory with `provenance.json`. Nothing is synced or published here: an error
/// leaves a directory that is not whole, without a `config.json`. Specs that turn the model do so first, into a checkpoint of
/// float32 that takes room beside the first of them until they are done.
///
/// The checkpoint's family must be known: its description says what the linear layers are. The calibration text is n
/// windows, nil where no spec needs any. `memoryBudget` is the bytes of residual streams (n · context · d floats each)
/// and Hessians that are held at once; one of each is, whatever it takes. Returns the factors that each target's method
/// moved between channels.
@discardableResult
package func compress(
    _ checkpoint: Checkpoint, into targets: [CompressionTarget], calibratedOn windows: TokenWindows?,
    provenance: Provenance, memoryBudget: Int, control: RunControl = RunControl()
) throws(LanguageModelError) -> [ChannelFactors] {
    if windows == nil, let target = targets.first(where: \.spec.needsCalibration) {
        throw .compression(.missingCalibration(method: target.spec.method.name))
    }
    let store: WeightStore
    do { store = try WeightStore(checkpoint) } catch { throw .compression(error) }
    let turned = targets.indices.filter { targets[$0].spec.options.rotation != nil }
    let straight = targets.indices.filter { targets[$0].spec.options.rotation == nil }
    let share = Double(straight.count) / Double(max(1, targets.count))
    var factors = targets.map { _ in ChannelFactors() }
    let moved = try compress(
        store, straight.map { targets[$0] }, windows, provenance, memoryBudget, control.part(from: 0, to: share))
    for (place, moved) in zip(straight, moved) { factors[place] = moved }
    guard let first = turned.first else { return factors }
    // Inside a target, where nobody else writes; its end is that of the work.
    let place = targets[first].directory.appending(path: "turned", directoryHint: .isDirectory)
    defer { try? removeTree(place) }
    let turnedStore: WeightStore
    let turnedCheckpoint = try rotatedCheckpoint(store, in: place)
    do { turnedStore = try WeightStore(turnedCheckpoint) } catch { throw .compression(error) }
    let others = try compress(
        turnedStore, turned.map { targets[$0] }, windows, provenance, memoryBudget,
        control.part(from: share, to: 1))
    for (place, moved) in zip(turned, others) { factors[place] = moved }
    return factors
}

/// The same for specs that take the weights as they are.
private func compress(
    _ store: WeightStore, _ targets: [CompressionTarget], _ windows: TokenWindows?, _ provenance: Provenance,
    _ memoryBudget: Int, _ control: RunControl
) throws(LanguageModelError) -> [ChannelFactors] {
    let checkpoint = store.checkpoint
    let description = try ModelVariant(store).description
    let targets = try targets.map { (target) throws(LanguageModelError) in try description.planned(target, store) }
    var factors = targets.map { _ in ChannelFactors() }
    var done = 0
    for route in Route.allCases {
        let places = targets.indices.filter { targets[$0].spec.route == route }
        let own = places.map { targets[$0] }
        guard !own.isEmpty else { continue }
        let part = control.part(
            from: Double(done) / Double(targets.count), to: Double(done + own.count) / Double(targets.count))
        switch route {
        case .alone:
            do throws(CompressionError) {
                try compress(
                    checkpoint, modules: description.compressibleModules, into: own, provenance: provenance
                ) {
                    part.progress(Double($0) / Double($1))
                }
            } catch { throw .compression(error) }
        case .sequential:
            guard let windows else { preconditionFailure("specs that need text were refused without it") }
            try compressSequentially(
                store, into: own, calibratedOn: windows, provenance: provenance, memoryBudget: memoryBudget,
                control: part)
        case .uncompressed:
            let moved = try ScalingCompression(store, own, windows, memoryBudget: memoryBudget, part).run(
                provenance, part)
            for (place, moved) in zip(places, moved) { factors[place] = moved }
        }
        done += own.count
    }
    return factors
}

extension DecoderDescription {
    /// Says what becomes of each weight; refuses to write a GGUF file that its readers would take for another model.
    fileprivate func planned(
        _ target: CompressionTarget, _ store: WeightStore
    ) throws(LanguageModelError) -> CompressionTarget {
        let planned: CompressionTarget
        do { planned = try target.planned(store.checkpoint, compressibleModules) } catch { throw .compression(error) }
        guard let file = planned.file, let difference = try difference(fromFile: file) else { return planned }
        throw .compression(
            .unsupported(spec: target.spec.name, reason: "a GGUF file of this model would be another: \(difference)"))
    }
}

/// The ways through a model, in the order in which they are taken.
private enum Route: CaseIterable {
    /// Each weight is read once for all specs; nothing else is looked at.
    case alone
    /// Each spec has a residual stream of its own, through layers that it compressed.
    case sequential
    /// One residual stream, that of the uncompressed model, for all specs.
    case uncompressed
}

extension Spec {
    fileprivate var route: Route {
        switch passage {
        // Scales of inputs are those of the uncompressed model.
        case .alone: needsCalibration ? .uncompressed : .alone
        case .sequential: .sequential
        case .scaling: .uncompressed
        }
    }
}

extension RunControl {
    /// The same, where what is done is a part of the whole.
    func part(from first: Double, to last: Double) -> RunControl {
        RunControl(progress: { progress(first + $0 * (last - first)) }, isCancelled: isCancelled)
    }
}
