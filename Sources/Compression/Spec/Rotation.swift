import JSON

/// What the weights are turned by before a method sees them, so that no channel stands out.
package enum Rotation: String, Sendable, Hashable, CaseIterable {
    /// Hadamard matrices with random signs along the residual stream (R1) and along each head's values (R2), as QuaRot
    /// (2404.00456) and SpinQuant (2405.16406) fuse them into weights.
    case hadamard
}

extension SpecKey {
    /// What weights are turned by.
    package static let rotate: SpecKey = .init(
        "rotate",
        summary:
            "What residual stream and values are turned by, in weights, before the method: the model computes the same",
        allowed: Rotation.allCases.map(\.rawValue).oneOf, schema: Rotation.allCases.map(\.rawValue).schema,
        isCommon: true,
        read: { (value, draft) throws(CompressionError) in
            draft.options.rotation = try value.choice(
                Rotation.allCases.map(\.rawValue).oneOf, Rotation.init(rawValue:))
        },
        canonical: { $0.options.rotation.map { .string($0.rawValue) } },
        label: { spec in
            spec.options.rotation.map { SpecLabel($0.rawValue, words: "turned by Hadamard matrices", .procedure) }
        })
}
