package import JSON

/// How a spec quantizes the inputs of compressed linear layers.
package struct ActivationQuantization: Sendable, Hashable {
    package let numbers: Numbers
    package let scale: Scale

    /// What inputs become.
    package enum Numbers: Sendable, Hashable {
        /// Evenly spaced values, 2ᵇ of them.
        case integers(bits: Int)
        /// E4M3.
        case fp8
        /// E2M1 with an E4M3 scale for every 16 inputs of a token, and one for a layer from calibration, as ``NVFP4``'s.
        case nvfp4
    }

    /// What shares a scale.
    package enum Scale: String, Sendable, Hashable, CaseIterable {
        /// Each token has its own, found when it passes.
        case token
        /// One for all inputs of a layer, from the greatest magnitude that calibration saw.
        case tensor
    }

    package init(_ numbers: Numbers, scale: Scale = .token) {
        self.numbers = numbers
        self.scale = scale
    }

    package init(bits: Int, scale: Scale = .token) { self.init(.integers(bits: bits), scale: scale) }

    /// Bits of a quantized input.
    package var bits: Int {
        switch numbers {
        case .integers(let bits): bits
        case .fp8: 8
        case .nvfp4: 4
        }
    }

    static let widths = [4, 6, 8]
    static let allowed = widths.map(String.init).joined(separator: ", ") + " (bits), fp8 or nvfp4"

    /// Whether calibration finds the greatest magnitude of each layer's inputs.
    package var isCalibrated: Bool { scale == .tensor || numbers == .nvfp4 }

    /// The scale by which values up to `largest` are held: largest/((2ᵇ − 1)/2), largest/448 for E4M3.
    func step(largest: Float) -> Float {
        if case .integers(let bits) = numbers { largest / (Float(1 << bits - 1) / 2) } else { largest / 448 }
    }
}

extension ActivationQuantization.Numbers {
    /// As a manifest has them.
    package var json: JSONValue {
        switch self {
        case .integers(let bits): .integer(bits)
        case .fp8: "fp8"
        case .nvfp4: "nvfp4"
        }
    }

    /// Reads `8`, `6`, `4`, `fp8` or `nvfp4`.
    init(_ value: SpecValue) throws(CompressionError) {
        switch (value.json.int, value.json.string) {
        case (let bits?, _) where ActivationQuantization.widths.contains(bits): self = .integers(bits: bits)
        case (_, "fp8"): self = .fp8
        case (_, "nvfp4"): self = .nvfp4
        default: throw value.invalid(ActivationQuantization.allowed)
        }
    }
}

extension ActivationQuantization {
    var json: JSONValue { numbers.json }
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
        /// E4M3: x ← round(x/s)·s with each token's s = max|x|/448.
        case float8Token
        /// The same with a scale for so many consecutive inputs of a token.
        case float8Group(length: Int)
        /// The same with one s for all tokens.
        case float8Tensor(scale: Float)
        /// E2M1: x ← round(x/s)·s with s of every 16 inputs of a token as ``NVFP4`` finds it, given the layer's g.
        case nvfp4(global: Float)
    }

    package init(bits: Int, scale: Scale) {
        self.bits = bits
        self.scale = scale
    }

    /// What BitNet b1.58 does.
    package static let bitNet = ActivationQuantizer(bits: 8, scale: .bitNet)
    package static let bitNetCodes = ActivationQuantizer(bits: 8, scale: .bitNetCodes)
}
