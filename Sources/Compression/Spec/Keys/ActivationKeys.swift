import JSON

extension SpecKey {
    /// Bits of quantized activations.
    package static let activations: SpecKey = .init(
        "activations", summary: "Bits to which the inputs of compressed layers are quantized",
        allowed: ActivationQuantization.allowed,
        schema: ["enum": .array(ActivationQuantization.widths.map { .integer($0) })],
        isCommon: true,
        read: { (value, draft) throws(CompressionError) in
            let bits = try value.whole()
            guard ActivationQuantization.widths.contains(bits) else {
                throw value.invalid(ActivationQuantization.allowed)
            }
            draft.activationBits = bits
        },
        canonical: { $0.options.activations.map { .integer($0.bits) } },
        label: { spec in
            spec.options.activations.map { activations in
                let isStatic = activations.scale == .tensor
                return SpecLabel(
                    "a\(activations.bits)" + (isStatic ? "tensor" : ""),
                    words: "inputs in \(activations.bits) bits" + (isStatic ? " with a scale for each layer" : ""))
            }
        })

    /// What shares a scale of quantized activations.
    package static let activationScale: SpecKey = .init(
        "activation_scale",
        summary: "What shares a scale of quantized inputs: each token has its own, or each layer one from calibration",
        allowed: ActivationQuantization.Scale.allCases.map(\.rawValue).oneOf,
        schema: ActivationQuantization.Scale.allCases.map(\.rawValue).schema, isCommon: true,
        read: { (value, draft) throws(CompressionError) in
            draft.activationScale = try value.choice(
                ActivationQuantization.Scale.allCases.map(\.rawValue).oneOf,
                ActivationQuantization.Scale.init(rawValue:))
        },
        canonical: { spec in
            spec.options.activations.flatMap { $0.scale == .token ? nil : .string($0.scale.rawValue) }
        })
}
