extension Method {
    /// Outliers of activations move into weights.
    package static let smoothquant = Method(
        "smoothquant", title: "SmoothQuant",
        summary: "moves outliers of activations into weights behind norms, then rounds to nearest",
        source: "2211.10438",
        passage: .scaling(
            ChannelScaling(
                onlyBehindNorms: true,
                .ofInputs { site, inputs in
                    let extremes = site.weightExtremes
                    return SmoothQuant.scales(
                        inputs: site.channels.fold(inputs.low.indices.map(inputs.largest), max),
                        weights: zip(extremes.low, extremes.high).map { max(abs($0), abs($1)) })
                })))
}

/// SmoothQuant's factors (2211.10438, equation 4 with α = 0.5).
package enum SmoothQuant {
    /// s = max|x|^½ / max|w|^½, the latter at least 1e-5 as in mit-han-lab/smoothquant; 1 for a channel whose inputs were
    /// all 0.
    package static func scales(inputs: [Float], weights: [Float]) -> [Float] {
        zip(inputs, weights).map { input, weight in
            input == 0 ? 1 : max((Double(input) / Double(max(weight, 1e-5))).squareRoot(), 1e-5)
        }.map { Float($0) }
    }
}
