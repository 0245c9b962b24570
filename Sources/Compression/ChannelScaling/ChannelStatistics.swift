/// What each input of a linear layer was in calibration.
package struct ChannelStatistics: Sendable, Equatable {
    package var mean: [Double]
    package var meanMagnitude: [Double]
    package var meanSquare: [Double]
    /// The least and the greatest value.
    package var low: [Float]
    package var high: [Float]

    package init(mean: [Double], meanMagnitude: [Double], meanSquare: [Double], low: [Float], high: [Float]) {
        self.mean = mean
        self.meanMagnitude = meanMagnitude
        self.meanSquare = meanSquare
        self.low = low
        self.high = high
    }

    /// The greatest magnitude of one input.
    package func largest(_ channel: Int) -> Float { max(abs(low[channel]), abs(high[channel])) }

    /// The greatest magnitude of all inputs.
    package var largest: Float { low.indices.map(largest).max() ?? 0 }

    /// Whether no input was NaN or infinite.
    package var isFinite: Bool {
        meanSquare.allSatisfy(\.isFinite) && low.allSatisfy(\.isFinite) && high.allSatisfy(\.isFinite)
    }
}
