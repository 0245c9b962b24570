package import Kernels

/// How a method that scales channels finds its factors: W's columns times s, what makes the inputs divided by s.
package struct ChannelScaling: Sendable {
    /// Whether it leaves channels alone that no norm makes.
    package let onlyBehindNorms: Bool
    /// Whether biases take up the mean error of the rounded weights: b ← b + (W − Ŵ)·mean x.
    package let correctsBiases: Bool
    package let rule: Rule

    /// What the factors are, one for each channel.
    package enum Rule: Sendable {
        /// A formula of the weights that read the channels.
        case ofWeights(@Sendable (ScaledSite, Spec) -> [Float])
        /// A formula of these weights and of what they are given.
        case ofInputs(@Sendable (ScaledSite, ChannelStatistics) -> [Float])
        /// Of these candidates the one with the least squared error of what the linear layers are part of, by the mean
        /// magnitude of each channel.
        case search(@Sendable (_ meanMagnitudes: [Double]) -> [[Float]])
    }

    /// Whether it looks at inputs.
    package var seesInputs: Bool { if case .ofWeights = rule { false } else { true } }

    init(onlyBehindNorms: Bool = false, correctsBiases: Bool = false, _ rule: Rule) {
        self.onlyBehindNorms = onlyBehindNorms
        self.correctsBiases = correctsBiases
        self.rule = rule
    }
}

/// What a formula may look at: the linear layers that read some channels.
package struct ScaledSite: Sendable {
    package let channels: SharedChannels
    /// The weights as they are now, outputs by inputs.
    package let weights: [any WeightMatrix]

    package init(_ channels: SharedChannels, weights: [any WeightMatrix]) {
        self.channels = channels
        self.weights = weights
    }

    /// The least and the greatest weight of each channel.
    var weightExtremes: (low: [Float], high: [Float]) {
        let extremes = columnExtremes(weights)
        return (channels.fold(extremes.low, min), channels.fold(extremes.high, max))
    }
}

/// Which inputs of linear layers are made by the same channel, and so share a factor.
package struct SharedChannels: Sendable {
    /// For each input the place of its channel among those in order.
    private let slots: [Int]
    private let slotCount: Int

    /// Takes for each input the channel that makes it.
    package init(_ channels: [Int]) {
        let places = Dictionary(uniqueKeysWithValues: Set(channels).sorted().enumerated().map { ($1, $0) })
        slots = channels.map { places[$0] ?? 0 }
        slotCount = places.count
    }

    /// A value for each input out of one for each channel.
    package func spread<Value>(_ values: [Value]) -> [Value] { slots.map { values[$0] } }

    /// The mean over the inputs of each channel.
    package func mean(_ values: [Double]) -> [Double] {
        var (sums, counts) = ([Double](repeating: 0, count: slotCount), [Double](repeating: 0, count: slotCount))
        for (input, slot) in slots.enumerated() {
            sums[slot] += values[input]
            counts[slot] += 1
        }
        return zip(sums, counts).map { $0 / $1 }
    }

    /// One of the values of each channel's inputs.
    package func fold(_ values: [Float], _ pick: (Float, Float) -> Float) -> [Float] {
        var result = [Float?](repeating: nil, count: slotCount)
        for (input, slot) in slots.enumerated() {
            result[slot] = result[slot].map { pick($0, values[input]) } ?? values[input]
        }
        return result.compactMap(\.self)
    }
}

/// The least and the greatest value of each column over several weights.
private func columnExtremes(_ weights: [any WeightMatrix]) -> (low: [Float], high: [Float]) {
    let columns = weights.first?.columns ?? 0
    var low = [Float](repeating: .infinity, count: columns)
    var high = [Float](repeating: -.infinity, count: columns)
    for weight in weights {
        for index in 0..<weight.rows {
            let row = weight.values(row: index)
            for column in 0..<columns {
                low[column] = min(low[column], row[column])
                high[column] = max(high[column], row[column])
            }
        }
    }
    return (low, high)
}
