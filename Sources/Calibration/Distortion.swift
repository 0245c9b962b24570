package import Compression
import Kernels
package import LanguageModel

/// Another form of a checkpoint's weights.
package struct DistortedWeights: Sendable {
    package let weights: WeightStore
    /// The factors that stand in the weights.
    package let factors: ChannelFactors

    package init(_ weights: WeightStore, factors: ChannelFactors = ChannelFactors()) {
        (self.weights, self.factors) = (weights, factors)
    }

    /// The weight of a layer as it would stand in the uncompressed model.
    fileprivate func weight(of linear: LinearDescription) throws(LanguageModelError) -> any WeightMatrix {
        factors.undone(try weights.weight(of: linear), of: linear.module)
    }
}

/// What other forms of a checkpoint did to each of its linear layers, in their order, and to what is read behind sublayers:
/// one walk through the uncompressed model for all of them.
///
/// Of a form of which a sublayer makes values that are not finite none of the latter are known.
/// `memoryBudget` is the bytes for residual streams and second moments of inputs; one of each is held, whatever it takes.
package func distortions(
    of forms: [DistortedWeights], from store: WeightStore, on windows: TokenWindows, memoryBudget: Int,
    control: RunControl = RunControl()
) throws(LanguageModelError) -> [[LayerDistortion]] {
    let run = try LayerwiseRun(store, windows: windows, isCancelled: control.isCancelled)
    let keepsOutputs = run.hasRoomForOutputs(within: memoryBudget)
    let byteCount = memoryBudget - (keepsOutputs ? 8 : 4) * run.hidden.rows * run.hidden.columns
    let variants = try forms.map { form throws(LanguageModelError) in try ModelVariant(form.weights) }
    var results = forms.map { _ in [LayerDistortion]() }
    let layers = run.description.layers
    for (index, layer) in layers.enumerated() {
        var seen: Set<String> = []
        var isComplete = false
        while !isComplete {
            let gathering = HessianGathering(context: run.context, except: seen, byteCount: byteCount)
            let goesOn = keepsOutputs && seen.isEmpty && index + 1 < layers.count
            try run.observe(layer: index, keepingOutputs: goesOn) { modules, inputs in
                gathering.add(inputs, of: modules)
            }
            isComplete = gathering.isComplete
            // Modules that are given the same inputs share them.
            var known: [ObjectIdentifier: SecondMoments] = [:]
            for linear in layer.linearLayers {
                guard let hessian = gathering.hessians[linear.module] else { continue }
                guard hessian.isFinite else { throw .inputsNotFinite(module: linear.module) }
                let moments = known[ObjectIdentifier(hessian)] ?? SecondMoments(hessian)
                known[ObjectIdentifier(hessian)] = moments
                try measure(linear, forms, store, moments, into: &results)
            }
            seen.formUnion(gathering.hessians.keys)
        }
        for linear in layer.linearLayers where !seen.contains(linear.module) {
            try measure(linear, forms, store, nil, into: &results)
        }
        for (part, last) in layer.sublayers {
            guard let end = results.first?.lastIndex(where: { $0.name == last }) else { continue }
            let reading = try SublayerReading(run, of: part, layer: index)
            for (place, variant) in variants.enumerated() {
                results[place][end].readError = try reading.error(of: variant)
            }
        }
        if index + 1 < layers.count { try run.advance(layer: index, replacing: [:]) }
        control.progress(Double(index + 1) / Double(layers.count))
    }
    for place in results.indices where !results[place].readErrors.allSatisfy(\.isFinite) {
        for index in results[place].indices { results[place][index].readError = nil }
    }
    return results
}

/// The errors of what is read behind each sublayer of other forms of a checkpoint, in the order of the model, and nothing else.
package func readErrors(
    of forms: [WeightStore], from store: WeightStore, on windows: TokenWindows, control: RunControl = RunControl()
) throws(LanguageModelError) -> [[Double]] {
    let read = windows.windows(SublayerReading.windows(of: windows.count, context: windows.context))
    let run = try LayerwiseRun(store, windows: read, isCancelled: control.isCancelled)
    let variants = try forms.map { form throws(LanguageModelError) in try ModelVariant(form) }
    var results = forms.map { _ in [Double]() }
    let layers = run.description.layers
    for (index, layer) in layers.enumerated() {
        for (part, _) in layer.sublayers {
            let reading = try SublayerReading(run, of: part, layer: index)
            for (place, variant) in variants.enumerated() { results[place].append(try reading.error(of: variant)) }
        }
        if index + 1 < layers.count { try run.advance(layer: index, replacing: [:]) }
        control.progress(Double(index + 1) / Double(layers.count))
    }
    return results
}

extension LayerDescription {
    /// Those with linear layers, and the module with which each ends.
    fileprivate var sublayers: [(part: Sublayer, last: String)] {
        [(Sublayer.attention, attentionLayers), (.mlp, mlps.flatMap(\.linearLayers))].compactMap { part, linears in
            linears.last.map { (part, $0.module) }
        }
    }
}

/// The errors of one linear layer in all forms; of its weights alone without moments of its inputs.
private func measure(
    _ linear: LinearDescription, _ forms: [DistortedWeights], _ store: WeightStore, _ moments: SecondMoments?,
    into results: inout [[LayerDistortion]]
) throws(LanguageModelError) {
    let weight = try store.weight(of: linear)
    let whole = weight.floats
    let (square, energy) = (squaredNorm(whole), moments.map { $0.energy(whole) })
    for (index, form) in forms.enumerated() {
        let change = difference(weight, try form.weight(of: linear))
        results[index].append(
            LayerDistortion(
                name: linear.module, weights: linear.outputs * linear.inputs,
                weightError: share(squaredNorm(change), of: square),
                outputError: moments.map { share($0.energy(change), of: energy ?? 0) }))
    }
}

/// A layer of zeros has no errors to speak of.
private func share(_ part: Double, of whole: Double) -> Double { whole > 0 ? max(0, part) / whole : 0 }

private func squaredNorm(_ matrix: Matrix) -> Double {
    (0..<matrix.rows).reduce(0.0) { sum, row in
        matrix.readRow(row) { values in
            values.indices.reduce(sum) { $0 + Double(values[$1]) * Double(values[$1]) }
        }
    }
}
