import RealModule

/// Rotary positions (arXiv 2104.09864): pairs (j, j + size/2) of the first ``size`` entries of a head, or pairs of
/// neighbours (2j, 2j + 1), turn by position · frequency_j.
///
/// Frequencies are base^(−2j/dimension), then scaled as the configuration's `rope_type` says. All steps are taken in
/// float32 where transformers takes them in float32.
package struct RotaryDescription: Sendable, Equatable {
    /// The divisor of the exponents; odd for odd fractions of a head, where ``size`` is the next even number.
    package var dimension: Int
    package var base: Double
    package var scaling: RotaryScaling
    /// Whether the entries of a pair stand side by side (GPT-J, Cohere).
    package var pairsNeighbors: Bool

    package init(dimension: Int, base: Double, scaling: RotaryScaling = .none, pairsNeighbors: Bool = false) {
        self.dimension = dimension
        self.base = base
        self.scaling = scaling
        self.pairsNeighbors = pairsNeighbors
    }

    /// How many entries of a head turn.
    package var size: Int { (dimension + 1) / 2 * 2 }

    /// The angles per position for sequences of `context` tokens, size/2 of them.
    package func frequencies(context: Int) -> [Float] {
        switch scaling {
        case .none: powers(of: base).map { 1 / $0 }
        case .linear(let factor): powers(of: base).map { 1 / $0 / Float(factor) }
        case .dynamic(let factor, let maximum):
            powers(of: stretchedBase(factor: factor, maximum: maximum, context: context)).map { 1 / $0 }
        case .llama3(let scaling): powers(of: base).map { scaling.scaled(1 / $0) }
        case .yarn(let scaling): scaling.blended(powers(of: base), dimension: dimension, base: base)
        case .long(let scaling): zip(powers(of: base), scaling.factors(context: context)).map { 1 / ($1 * $0) }
        }
    }

    /// The factor on cosines and sines: 1 but for YaRN and LongRoPE.
    package var amplitude: Float {
        switch scaling {
        case .yarn(let scaling): Float(scaling.amplitude)
        case .long(let scaling): Float(scaling.amplitude)
        case .none, .linear, .dynamic, .llama3: 1
        }
    }

    /// base^(2j/dimension) for j in 0 ..< size/2.
    private func powers(of base: Double) -> [Float] {
        (0..<size / 2).map { Float(Double.pow(base, Double(Float(2 * $0) / Float(dimension)))) }
    }

    /// NTK scaling: the base grows once sequences are longer than those trained on.
    private func stretchedBase(factor: Double, maximum: Int, context: Int) -> Double {
        let length = Double(max(context, maximum))
        let stretch = factor * length / Double(maximum) - (factor - 1)
        return base * Double.pow(stretch, Double(dimension) / Double(dimension - 2))
    }
}

/// What a configuration's `rope_type` does to the frequencies.
package enum RotaryScaling: Sendable, Equatable {
    case none
    /// All frequencies divided by a factor.
    case linear(factor: Double)
    /// NTK-aware growth of the base beyond the trained length.
    case dynamic(factor: Double, maximum: Int)
    case llama3(Llama3Scaling)
    case yarn(YarnScaling)
    case long(LongScaling)
}

/// LongRoPE (arXiv 2402.13753): each frequency is divided by a factor of its own, of one list for sequences up to the length
/// trained on and of another for longer ones.
package struct LongScaling: Sendable, Equatable {
    package var short: [Float]
    package var long: [Float]
    package var originalContext: Double
    /// The factor on cosines and sines.
    package var amplitude: Double

    package init(short: [Float], long: [Float], originalContext: Double, amplitude: Double) {
        self.short = short
        self.long = long
        self.originalContext = originalContext
        self.amplitude = amplitude
    }

    func factors(context: Int) -> [Float] { Double(context) > originalContext ? long : short }
}

/// Llama 3.1's scaling: long wavelengths are slowed by a factor, short ones are not, those between are blended.
package struct Llama3Scaling: Sendable, Equatable {
    package var factor: Double
    package var lowFrequencyFactor: Double
    package var highFrequencyFactor: Double
    package var originalContext: Double

    package init(factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalContext: Double) {
        self.factor = factor
        self.lowFrequencyFactor = lowFrequencyFactor
        self.highFrequencyFactor = highFrequencyFactor
        self.originalContext = originalContext
    }

    func scaled(_ frequency: Float) -> Float {
        let wavelength = Float(2 * Double.pi) / frequency
        if wavelength > Float(originalContext / lowFrequencyFactor) { return frequency / Float(factor) }
        if wavelength < Float(originalContext / highFrequencyFactor) { return frequency }
        let smooth =
            (Float(originalContext) / wavelength - Float(lowFrequencyFactor))
            / Float(highFrequencyFactor - lowFrequencyFactor)
        return (1 - smooth) * frequency / Float(factor) + smooth * frequency
    }
}

/// YaRN (arXiv 2309.00071): interpolated and original frequencies, blended by a ramp over the dimensions.
package struct YarnScaling: Sendable, Equatable {
    package var factor: Double
    package var originalContext: Double
    package var betaFast: Double
    package var betaSlow: Double
    package var truncates: Bool
    /// The factor on cosines and sines.
    package var amplitude: Double

    package init(
        factor: Double, originalContext: Double, betaFast: Double, betaSlow: Double, truncates: Bool, amplitude: Double
    ) {
        self.factor = factor
        self.originalContext = originalContext
        self.betaFast = betaFast
        self.betaSlow = betaSlow
        self.truncates = truncates
        self.amplitude = amplitude
    }

    /// 0.1·m·ln(scale) + 1, the paper's attention temperature.
    static func temperature(scale: Double, multiplier: Double = 1) -> Double {
        scale <= 1 ? 1 : 0.1 * multiplier * Double.log(scale) + 1
    }

    func blended(_ powers: [Float], dimension: Int, base: Double) -> [Float] {
        let (low, high) = rampRange(dimension: dimension, base: base)
        let width = low == high ? 0.001 : high - low
        return powers.indices.map { index in
            // An odd dimension (3) has one ramp value for both frequencies, as transformers' broadcasting gives it.
            let place = Float(min(index, dimension / 2 - 1))
            let ramp = min(max((place - Float(low)) / Float(width), 0), 1)
            let kept = 1 - ramp
            return 1 / (Float(factor) * powers[index]) * (1 - kept) + 1 / powers[index] * kept
        }
    }

    /// The dimensions between which the ramp rises from 0 (frequency kept) to 1 (frequency interpolated).
    private func rampRange(dimension: Int, base: Double) -> (Double, Double) {
        func position(rotations: Double) -> Double {
            Double(dimension) * Double.log(originalContext / (rotations * 2 * Double.pi)) / (2 * Double.log(base))
        }
        let low = position(rotations: betaFast)
        let high = position(rotations: betaSlow)
        return (
            max(truncates ? low.rounded(.down) : low, 0),
            min(truncates ? high.rounded(.up) : high, Double(dimension - 1))
        )
    }
}
