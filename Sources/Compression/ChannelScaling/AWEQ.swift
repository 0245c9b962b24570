extension Method {
    /// Ranges of activations and weights are made equal.
    package static let aweq = Method(
        "aweq", title: "AWEQ",
        summary: "equalises the ranges of activations and weights, rounds to nearest and corrects biases",
        source: "2311.01305",
        passage: .scaling(
            ChannelScaling(
                correctsBiases: true,
                .ofInputs { site, inputs in
                    let (weights, channels) = (site.weightExtremes, site.channels)
                    return AWEQ.scales(
                        inputRanges: zip(channels.fold(inputs.high, max), channels.fold(inputs.low, min)).map {
                            $0 - $1
                        },
                        weightRanges: zip(weights.high, weights.low).map { $0 - $1 })
                })))
}

/// AWEQ's factors (2311.01305).
package enum AWEQ {
    /// s = √(range x / range w); 1 for a channel whose inputs or weights were all 0.
    package static func scales(inputRanges: [Float], weightRanges: [Float]) -> [Float] {
        zip(inputRanges, weightRanges).map { input, weight in
            input == 0 || weight == 0 ? 1 : Float((Double(input) / Double(weight)).squareRoot())
        }
    }
}
