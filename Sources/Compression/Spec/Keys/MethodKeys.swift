import JSON

extension SpecKey {
    /// Which method compresses.
    package static let method: SpecKey = .init(
        "method", summary: "The compression method", allowed: Method.all.map(\.name).oneOf,
        schema: Method.all.map(\.name).schema, isCommon: true,
        read: { (value, draft) throws(CompressionError) in
            draft.method = try value.choice(Method.all.map(\.name).oneOf, Method.init(named:))
        },
        canonical: { .string($0.method.name) })

    /// Which weights are compressed.
    package static let targets: SpecKey = .init(
        "targets", summary: "Which weights are compressed: the linear ones inside decoder layers",
        allowed: Targets.allCases.map(\.rawValue).oneOf, schema: Targets.allCases.map(\.rawValue).schema,
        isCommon: true,
        read: { (value, draft) throws(CompressionError) in
            draft.targets = try value.choice(Targets.allCases.map(\.rawValue).oneOf, Targets.init(rawValue:))
        },
        canonical: { $0.targets == .layers ? nil : .string($0.targets.rawValue) },
        label: { $0.targets == .layers ? nil : SpecLabel($0.targets.rawValue) })
}
