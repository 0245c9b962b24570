/// How a spec quantizes the inputs of compressed linear layers.
package struct ActivationQuantization: Sendable, Hashable {
    /// Bits of a quantized input.
    package let bits: Int
    package let scale: Scale

    /// What shares a scale.
    package enum Scale: String, Sendable, Hashable, CaseIterable {
        /// Each token has its own, found when it passes.
        case token
        /// One for all inputs of a layer, from the greatest magnitude that calibration saw.
        case tensor
    }

    package init(bits: Int, scale: Scale = .token) {
        self.bits = bits
        self.scale = scale
    }

    static let widths = [4, 6, 8]
    static let allowed = widths.map(String.init).joined(separator: ", ") + " (bits)"

    /// The scale of symmetric rounding by which values up to `largest` are held: largest/((2ᵇ − 1)/2).
    func step(largest: Float) -> Float { largest / (Float(1 << bits - 1) / 2) }
}

/// How the inputs of a stored linear layer are quantized before it multiplies them (fake quantization).
package struct ActivationQuantizer: Sendable, Equatable {
    package let bits: Int
    package let scale: Scale

    package enum Scale: Sendable, Equatable {
        /// BitNet's: x ← clamp(round(x·s), −2ᵇ⁻¹, 2ᵇ⁻¹ − 1)/s with s = (2ᵇ⁻¹ − 1)/max(max|x|, 1e-5) for each token
        /// (arXiv 2402.17764, as transformers' BitLinear computes it).
        case bitNet
        /// The same without the division by s, which the layer's outputs get instead: products of integers are exact.
        case bitNetCodes
        /// Each token's s = max|x|/((2ᵇ − 1)/2); x ← clamp(round(x/s), −2ᵇ⁻¹, 2ᵇ⁻¹ − 1)·s.
        case token
        /// Each token's s = (high − low)/(2ᵇ − 1) with 0 between low and high, z = clamp(round(−2ᵇ⁻¹ − low/s), …);
        /// x ← (clamp(round(x/s + z), …) − z)·s.
        case asymmetricToken
        /// The same with one s and z for all tokens.
        case tensor(scale: Float, zero: Float)
    }

    package init(bits: Int, scale: Scale) {
        self.bits = bits
        self.scale = scale
    }

    /// What BitNet b1.58 does.
    package static let bitNet = ActivationQuantizer(bits: 8, scale: .bitNet)
    package static let bitNetCodes = ActivationQuantizer(bits: 8, scale: .bitNetCodes)
}
