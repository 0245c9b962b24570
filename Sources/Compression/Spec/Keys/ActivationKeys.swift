import JSON

extension SpecKey {
    /// The numbers of quantized activations.
    package static let activations: SpecKey = .init(
        "activations", summary: "Bits to which the inputs of compressed layers are quantized, or fp8 or nvfp4",
        allowed: ActivationQuantization.allowed,
        schema: ["enum": .array(ActivationQuantization.widths.map { .integer($0) } + ["fp8", "nvfp4"])],
        isCommon: true,
        read: { (value, draft) throws(CompressionError) in
            draft.activationNumbers = try ActivationQuantization.Numbers(value)
        },
        canonical: { $0.options.activations?.json },
        label: { spec in
            spec.options.activations.map { activations in
                let isStatic = activations.scale == .tensor
                return SpecLabel(
                    "a" + (activations.json.string ?? "\(activations.bits)") + (isStatic ? "tensor" : ""),
                    words: "inputs in " + (activations.json.string ?? "\(activations.bits) bits")
                        + (isStatic ? " with a scale for each layer" : ""))
            }
        },
        check: { (spec) throws(CompressionError) in
            guard let activations = spec.options.activations, spec.format.blocks != nil else { return }
            throw SpecKey.activations.refusal(
                activations.json.canonicalText, allowed: "left out for \(spec.numbers): GGUF files say nothing of them")
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
        },
        check: { (spec) throws(CompressionError) in
            guard let activations = spec.options.activations, activations.numbers == .nvfp4 else { return }
            guard activations.scale == .token else {
                throw SpecKey.activationScale.refusal("'tensor'", allowed: "left out for nvfp4, which has both")
            }
        })
}
