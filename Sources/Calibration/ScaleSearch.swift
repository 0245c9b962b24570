import Compression
import Kernels
import LanguageModel

/// AWQ's search for a layer's factors (2306.00978, as mit-han-lab/llm-awq's auto_scale does it): of twenty exponents the
/// one with the least squared error of what the linear layers are part of.
///
/// For queries, keys and values that is the attention's output, for an MLP's first linear layers the MLP's; for
/// output projections it is their own. All inputs and weights are those of the layer as it was, and the weights of one site at a
/// time are rounded. Which is best, some of the tokens say as surely as all do (`CandidateRace`). The search for clipping
/// limits comes afterwards (`ClipSearch`).
struct ScaleSearch {
    let run: LayerwiseRun
    let store: WeightStore
    let layer: Int
    let statistics: [String: ChannelStatistics]
    let moments: SiteMoments

    /// The spec of each module and the candidates of factors by the mean magnitudes of channels.
    struct Candidates {
        let spec: (_ module: String) -> Spec
        let factors: @Sendable (_ meanMagnitudes: [Double]) -> [[Float]]
    }

    /// For each spec a factor for each input of the site's linear layers.
    func factors(_ site: ScalingSite, _ specs: [Candidates]) throws(LanguageModelError) -> [[Float]] {
        guard !specs.isEmpty, let inputs = statistics[site.linearLayers[0].module] else { return [] }
        let channels = SharedChannels(site.channels)
        let magnitudes = channels.mean(inputs.meanMagnitude)
        let trial = try trial(site)
        var best: [[Float]] = []
        for searched in specs {
            let (spec, candidates) = (searched.spec, searched.factors(magnitudes).map { channels.spread($0) })
            let winner = try CandidateRace.winner(of: candidates.count, units: trial.units) {
                (candidate, units) throws(LanguageModelError) in
                try trial.errors(units, try rounded(site, candidates[candidate], spec))
            }
            best.append(candidates[winner])
        }
        return best
    }

    /// The weights of a site's linear layers, scaled, rounded and scaled back.
    private func rounded(
        _ site: ScalingSite, _ factors: [Float], _ specs: (_ module: String) -> Spec
    ) throws(LanguageModelError) -> [String: any WeightMatrix] {
        let inverse = factors.map { 1 / $0 }
        var result: [String: any WeightMatrix] = [:]
        for linear in site.linearLayers {
            do {
                let layer = LinearLayer(
                    name: linear.module, weight: ScaledMatrix(try original(linear), columns: factors),
                    scaleType: store.scaleType(of: linear.module))
                let spec = specs(linear.module)
                let weight = try spec.compressor.compress(layer, specs: [spec], hessian: nil)[0].matrix
                result[linear.module] = ScaledMatrix(weight, columns: inverse)
            } catch let error as LanguageModelError {
                throw error
            } catch let error as CompressionError {
                throw .compression(error)
            } catch { preconditionFailure("no other error is thrown") }
        }
        return result
    }

    private func original(_ linear: LinearDescription) throws(LanguageModelError) -> any WeightMatrix {
        try store.weight(of: linear)
    }

    /// Errors of some units with other weights, and how many units there are.
    private struct Trial {
        let units: Int
        let errors: (Range<Int>, [String: any WeightMatrix]) throws(LanguageModelError) -> [Double]
    }

    /// The squared error of what a site's linear layers are part of, by their weights.
    private func trial(_ site: ScalingSite) throws(LanguageModelError) -> Trial {
        switch site.place {
        case .attentionInput: try trial(of: .attention)
        case .mlpInput: try trial(of: .mlp)
        case .attentionOutput, .mlpOutput: try trial(of: site.linearLayers[0])
        }
    }

    private func trial(of part: Sublayer) throws(LanguageModelError) -> Trial {
        let trial = try SublayerTrial(run, part, layer: layer)
        return Trial(units: trial.units) { (units, weights) throws(LanguageModelError) in
            try trial.errors(units, replacing: weights)
        }
    }

    private func trial(of linear: LinearDescription) throws(LanguageModelError) -> Trial {
        let trial = WeightTrial(try original(linear), try moments.hessian(of: linear.module))
        return Trial(units: trial.units) { (units, weights) throws(LanguageModelError) in
            weights[linear.module].map { trial.errors(units, of: $0) } ?? []
        }
    }
}

extension ScalingSite {
    /// The linear layer whose own error counts, of a site behind attention or an MLP.
    var measuredAlone: String? {
        switch place {
        case .attentionInput, .mlpInput: nil
        case .attentionOutput, .mlpOutput: linearLayers[0].module
        }
    }
}
