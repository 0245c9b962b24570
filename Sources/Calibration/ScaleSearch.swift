import Compression
import Kernels
import LanguageModel

/// AWQ's search for a layer's factors (2306.00978, as mit-han-lab/llm-awq's auto_scale does it): of twenty exponents the
/// one with the least squared error of what the linear layers are part of.
///
/// For queries, keys and values that is the attention's output, for an MLP's first linear layers the MLP's; for
/// output projections it is their own. All inputs and weights are those of the layer as it was, and the weights of one site at a
/// time are rounded. The search for clipping limits comes afterwards (`ClipSearch`).
struct ScaleSearch {
    let run: LayerwiseRun
    let store: WeightStore
    let layer: Int
    let statistics: [String: ChannelStatistics]

    /// A spec and the candidates of its factors by the mean magnitudes of channels.
    struct Candidates {
        let spec: Spec
        let factors: @Sendable (_ meanMagnitudes: [Double]) -> [[Float]]
    }

    /// For each spec a factor for each input of the site's linear layers.
    func factors(_ site: ScalingSite, _ specs: [Candidates]) throws(LanguageModelError) -> [[Float]] {
        guard !specs.isEmpty, let inputs = statistics[site.linearLayers[0].module] else { return [] }
        let channels = SharedChannels(site.channels)
        let magnitudes = channels.mean(inputs.meanMagnitude)
        let measure = try measure(site)
        var best: [[Float]] = []
        for searched in specs {
            let (spec, candidates) = (searched.spec, searched.factors(magnitudes).map { channels.spread($0) })
            var (least, choice) = (Double.infinity, candidates[0])
            for candidate in candidates {
                let error = try measure(try rounded(site, candidate, spec))
                if error < least { (least, choice) = (error, candidate) }
            }
            best.append(choice)
        }
        return best
    }

    /// The weights of a site's linear layers, scaled, rounded and scaled back.
    private func rounded(
        _ site: ScalingSite, _ factors: [Float], _ spec: Spec
    ) throws(LanguageModelError) -> [String: any WeightMatrix] {
        let inverse = factors.map { 1 / $0 }
        var result: [String: any WeightMatrix] = [:]
        for linear in site.linearLayers {
            do {
                let layer = LinearLayer(
                    name: linear.module, weight: ScaledMatrix(try original(linear), columns: factors),
                    scaleType: store.scaleType(of: linear.module))
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

    private typealias Measure = ([String: any WeightMatrix]) throws(LanguageModelError) -> Double

    /// The squared error of what a site's linear layers are part of, by their weights.
    private func measure(_ site: ScalingSite) throws(LanguageModelError) -> Measure {
        switch site.place {
        case .attentionInput: try sublayerMeasure(.attention)
        case .mlpInput: try sublayerMeasure(.mlp)
        case .attentionOutput, .mlpOutput: try mapMeasure(site.linearLayers[0])
        }
    }

    private func sublayerMeasure(_ part: Sublayer) throws(LanguageModelError) -> Measure {
        let stream = try run.stream(inFrontOf: part, layer: layer)
        let expected = try run.contribution(of: part, layer: layer, from: stream)
        return { (weights) throws(LanguageModelError) in
            try run.squaredError(of: part, layer: layer, from: stream, to: expected, replacing: weights)
        }
    }

    /// Σ‖(W − Ŵ)x‖² by the second moments of x.
    private func mapMeasure(_ linear: LinearDescription) throws(LanguageModelError) -> Measure {
        let hessian = Hessian(columns: linear.inputs)
        try run.observe(layer: layer) { modules, inputs in
            if modules.contains(linear.module) { hessian.add(inputs, windows: inputs.rows / run.context) }
        }
        let moments = Matrix(rows: linear.inputs, columns: linear.inputs)
        for row in 0..<linear.inputs {
            for column in 0..<linear.inputs { moments.base[row * linear.inputs + column] = Float(hessian[row, column]) }
        }
        let weight = try original(linear)
        return { (weights) throws(LanguageModelError) in
            guard let rounded = weights[linear.module] else { return .infinity }
            return quadraticForm(difference(weight, rounded), moments)
        }
    }

    /// A − B, row after row.
    private func difference(_ a: any WeightMatrix, _ b: any WeightMatrix) -> Matrix {
        let result = Matrix(rows: a.rows, columns: a.columns)
        Parallel.forEach(a.rows) { row in
            let term = b.values(row: row)
            result.withRow(row) { target in
                a.decode(row: row, columns: 0..<a.columns, into: &target)
                for column in term.indices { target[column] -= term[column] }
            }
        }
        return result
    }

    /// Σ over rows d of d·M·dᵀ.
    private func quadraticForm(_ rows: Matrix, _ moments: Matrix) -> Double {
        let product = Matrix(rows: rows.rows, columns: rows.columns)
        multiply(rows.view, DenseMatrix(moments), bias: nil, into: product.view)
        return (0..<rows.rows).reduce(0.0) { sum, row in
            let (left, right) = (rows.view.row(row), product.view.row(row))
            return (0..<rows.columns).reduce(sum) { $0 + Double(left[$1]) * Double(right[$1]) }
        }
    }
}
