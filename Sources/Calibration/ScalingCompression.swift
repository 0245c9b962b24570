import Checkpoint
import Compression
import Kernels
import LanguageModel

/// Compresses by specs that scale channels first, and by those that only watch what their linear layers are given: layer after
/// layer of the uncompressed model, once for all of them.
final class ScalingCompression {
    private let store: WeightStore
    private let description: DecoderDescription
    /// Nil where no spec looks at text.
    private let run: LayerwiseRun?
    /// Whether the stream behind a layer is held beside that in front of it.
    private let keepsOutputs: Bool
    private var outputs: [ScalingOutput] = []

    init(
        _ store: WeightStore, _ targets: [CompressionTarget], _ windows: TokenWindows?, memoryBudget: Int,
        _ control: RunControl
    ) throws(LanguageModelError) {
        self.store = store
        let needsText = targets.contains { $0.spec.needsCalibration }
        if needsText, let windows {
            let run = try LayerwiseRun(store, windows: windows, isCancelled: control.isCancelled)
            self.run = run
            keepsOutputs = run.hasRoomForOutputs(within: memoryBudget)
            description = run.description
        } else {
            (run, keepsOutputs) = (nil, false)
            description = try ModelVariant(store).description
        }
        for target in targets {
            outputs.append(try ScalingOutput(store, description, target))
        }
    }

    /// Returns the factors of each target.
    func run(_ provenance: Provenance, _ control: RunControl) throws(LanguageModelError) -> [ChannelFactors] {
        for (index, layer) in description.layers.enumerated() {
            if control.isCancelled() { throw .cancelled }
            let moments = moments(layer: index)
            let (statistics, sample) = try inputs(layer: index, moments)
            let searched = try search(layer: index, statistics, moments)
            for (output, factors) in zip(outputs, searched) {
                try output.compress(layer, statistics: statistics, sample: sample, searched: factors)
            }
            if index + 1 < description.layers.count { try run?.advance(layer: index, replacing: [:]) }
            control.progress(Double(index + 1) / Double(description.layers.count))
        }
        for output in outputs { try output.finish(provenance) }
        return outputs.map(\.moved)
    }

    /// Where second moments are gathered if a search asks for them.
    private func moments(layer: Int) -> SiteMoments? {
        guard let run, outputs.contains(where: { $0.searchedSpec != nil }) else { return nil }
        let modules = description.layers[layer].scalingPlaces.compactMap { place in
            if case .site(let site) = place { site.measuredAlone } else { nil }
        }
        return SiteMoments(run, layer: layer, modules)
    }

    /// What the linear layers of a layer are given: statistics, and some tokens if a spec looks at them.
    private func inputs(
        layer: Int, _ moments: SiteMoments?
    ) throws(LanguageModelError) -> (statistics: [String: ChannelStatistics], sample: TokenSample?) {
        guard let run else { return ([:], nil) }
        let gathering = ChannelGathering()
        let sample =
            outputs.contains { $0.spec.allSpecs.contains { $0.options.clip == true } }
            ? TokenSample(every: ClipSearch.sampleStride(tokens: run.hidden.rows)) : nil
        let goesOn = keepsOutputs && layer + 1 < description.layers.count
        try run.observe(layer: layer, keepingOutputs: goesOn) { modules, inputs in
            gathering.add(inputs, of: modules)
            sample?.add(inputs, of: modules)
            moments?.add(inputs, of: modules)
        }
        return (try gathering.statistics(), sample)
    }

    /// For each output the factors that a search finds, by the first linear layer of each site.
    private func search(
        layer: Int, _ statistics: [String: ChannelStatistics], _ moments: SiteMoments?
    ) throws(LanguageModelError) -> [[String: [Float]]] {
        var result = outputs.map { _ in [String: [Float]]() }
        guard let run, let moments else { return result }
        let search = ScaleSearch(run: run, store: store, layer: layer, statistics: statistics, moments: moments)
        for case .site(let site) in description.layers[layer].scalingPlaces {
            let factors = try search.factors(site, outputs.compactMap(\.searchedSpec))
            for (index, factors) in zip(outputs.indices.filter { outputs[$0].searchedSpec != nil }, factors) {
                result[index][site.linearLayers[0].module] = factors
            }
        }
        return result
    }
}

/// One spec's result under way.
private final class ScalingOutput {
    let spec: Spec
    /// How factors are found; nil for specs that only watch what their linear layers are given.
    private let scaling: ChannelScaling?
    private let store: WeightStore
    private var output: CompressionRun
    private var waiting: [String: LinearLayer]
    /// Norms and biases that changed.
    private var vectors: [String: [Float]] = [:]
    /// What it moved between channels.
    private(set) var moved = ChannelFactors()
    private var notes = ScalingNotes()

    init(
        _ store: WeightStore, _ description: DecoderDescription, _ target: CompressionTarget
    ) throws(LanguageModelError) {
        self.store = store
        spec = target.spec
        scaling = if case .scaling(let scaling) = spec.method.passage { scaling } else { nil }
        do { output = try CompressionRun(store.checkpoint, description.compressibleModules, [target]) } catch {
            throw .compression(error)
        }
        waiting = Dictionary(uniqueKeysWithValues: output.layers.map { ($0.name, $0) })
    }

    /// The spec and the candidates of its factors, where these are found by a search.
    var searchedSpec: ScaleSearch.Candidates? {
        if case .search(let candidates)? = scaling?.rule {
            .init(spec: { [output] in output.spec(of: $0) }, factors: candidates)
        } else {
            nil
        }
    }

    func compress(
        _ layer: LayerDescription, statistics: [String: ChannelStatistics], sample: TokenSample?,
        searched: [String: [Float]]
    ) throws(LanguageModelError) {
        var scaled = ScaledLayer(layer, store)
        if let scaling { try scale(&scaled, by: scaling, statistics, searched) }
        for linear in layer.linearLayers {
            guard let plain = waiting.removeValue(forKey: linear.module) else { continue }
            let weight = try scaled.weight(linear)
            // Of an expert that no token chose nothing is known but that.
            let largest =
                statistics[linear.module].map { largestInput($0, scaled.divisors(linear)) }
                ?? (statistics.isEmpty ? nil : 0)
            var input = LinearLayer(
                name: plain.name, weight: weight, scaleType: plain.scaleType, stack: plain.stack, largestInput: largest)
            let spec = output.spec(of: linear.module)
            if spec.options.importance {
                // Where no token was seen all inputs count alike, as llama-quantize has it.
                input.importance =
                    statistics[linear.module]?.meanSquare.map { Float($0) }
                    ?? Array(repeating: 1, count: weight.columns)
            }
            let result: CompressedWeight
            do throws(CompressionError) {
                if spec.options.clip == true, !layer.attention.projections.makesScores(linear),
                    let inputs = sample?.inputs(of: linear.module, dividedBy: scaled.divisors(linear))
                {
                    input.weight = try ClipSearch(input, spec, inputs: inputs).clipped()
                }
                result = try output.compress(input)[0]
            } catch { throw .compression(error) }
            if scaling?.correctsBiases == true, let inputs = statistics[linear.module] {
                try correct(linear, weight, result.matrix, inputs, &scaled)
            }
        }
        vectors.merge(scaled.vectors) { $1 }
        moved.merge(scaled.factors)
    }

    private func scale(
        _ layer: inout ScaledLayer, by scaling: ChannelScaling, _ statistics: [String: ChannelStatistics],
        _ searched: [String: [Float]]
    ) throws(LanguageModelError) {
        for place in layer.layer.scalingPlaces {
            switch place {
            case .unscaled(let place): notes.unscaled(place.linearLayers, in: layer.layer, because: place.reason)
            case .site(let site):
                if let factors = try factors(site, scaling, layer, statistics, searched) {
                    try layer.scale(site, by: factors)
                } else {
                    notes.unscaled(
                        site.linearLayers, in: layer.layer, because: reason(site, statistics))
                }
            }
        }
    }

    private func reason(_ site: ScalingSite, _ statistics: [String: ChannelStatistics]) -> String {
        let isUnseen = !statistics.isEmpty && statistics[site.linearLayers[0].module] == nil
        return isUnseen ? "no calibration token chose the expert" : "\(spec.method.name) scales behind norms"
    }

    /// A factor for each input of a site's linear layers; nil where the method leaves the site alone.
    private func factors(
        _ site: ScalingSite, _ scaling: ChannelScaling, _ layer: ScaledLayer,
        _ statistics: [String: ChannelStatistics], _ searched: [String: [Float]]
    ) throws(LanguageModelError) -> [Float]? {
        if scaling.onlyBehindNorms {
            guard case .norm = site.source else { return nil }
        }
        let channels = SharedChannels(site.channels)
        func scaled() throws(LanguageModelError) -> ScaledSite {
            var weights: [any WeightMatrix] = []
            for linear in site.linearLayers { weights.append(try layer.weight(linear)) }
            return ScaledSite(channels, weights: weights)
        }
        switch scaling.rule {
        case .search: return searched[site.linearLayers[0].module]
        case .ofWeights(let formula): return channels.spread(formula(try scaled(), spec))
        case .ofInputs(let formula):
            return try statistics[site.linearLayers[0].module].map { (inputs) throws(LanguageModelError) in
                channels.spread(formula(try scaled(), inputs))
            }
        }
    }

    /// The greatest magnitude of a linear layer's inputs once they are divided.
    private func largestInput(_ inputs: ChannelStatistics, _ divisors: [Float]?) -> Float {
        guard let divisors else { return inputs.largest }
        return divisors.indices.map { inputs.largest($0) / abs(divisors[$0]) }.max() ?? 0
    }

    /// AWEQ's bias correction: b ← b + (W − Ŵ)·mean x, where there is a bias.
    private func correct(
        _ linear: LinearDescription, _ weight: any WeightMatrix, _ rounded: any WeightMatrix,
        _ inputs: ChannelStatistics, _ layer: inout ScaledLayer
    ) throws(LanguageModelError) {
        guard linear.bias else { return notes.uncorrected(linear, in: layer.layer) }
        let divisors = layer.divisors(linear)
        let mean = inputs.mean.indices.map { inputs.mean[$0] / Double(divisors?[$0] ?? 1) }
        let errors = Parallel.map(weight.rows) { row in
            let (exact, stored) = (weight.values(row: row), rounded.values(row: row))
            return Float(mean.indices.reduce(0.0) { $0 + Double(exact[$1] - stored[$1]) * mean[$1] })
        }
        try layer.add(errors, to: linear.module + ".bias")
    }

    func finish(_ provenance: Provenance) throws(LanguageModelError) {
        var provenance = provenance
        if scaling != nil { provenance.scaling = notes.json }
        do {
            // Embeddings and heads that are compressed too; nothing looks at their inputs.
            for layer in output.layers where waiting[layer.name] != nil { try output.compress(layer) }
            try output.finish(provenance, replacing: vectors)
        } catch { throw .compression(error) }
    }
}
