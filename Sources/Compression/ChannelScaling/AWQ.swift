import RealModule

extension Method {
    /// Salient input channels are scaled up before rounding.
    package static let awq = Method(
        "awq", title: "AWQ",
        summary: "scales salient input channels up before rounding, by a search that looks at what layers put out",
        source: "2306.00978",
        passage: .scaling(
            ChannelScaling(
                .search { magnitudes in
                    AWQ.exponents.map { AWQ.scales(meanMagnitude: magnitudes, exponent: $0) }
                })),
        keys: [.clip], defaults: { $0.clip = $0.clip ?? true },
        // Candidates of revision 1 could leave the race for what the first tokens of windows showed.
        revision: 2)
}

/// AWQ's candidates (2306.00978, mit-han-lab/llm-awq's auto_scale).
package enum AWQ {
    /// The exponents that are tried: 0, 0.05 … 0.95.
    package static let exponents: [Float] = (0..<20).map { Float($0) / 20 }

    /// s = max(mean|x|^a, 1e-4), divided by √(max s · min s); 1 for a channel whose inputs were all 0.
    package static func scales(meanMagnitude: [Double], exponent: Float) -> [Float] {
        let live = meanMagnitude.indices.filter { meanMagnitude[$0] > 0 }
        var scales = [Double](repeating: 1, count: meanMagnitude.count)
        for channel in live { scales[channel] = max(Double.pow(meanMagnitude[channel], Double(exponent)), 1e-4) }
        let values = live.map { scales[$0] }
        let middle = ((values.max() ?? 1) * (values.min() ?? 1)).squareRoot()
        for channel in live { scales[channel] /= middle }
        return scales.map { Float($0) }
    }
}
