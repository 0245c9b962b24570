import JSON

extension SpecKey {
    /// Whether groups are clamped where that makes outputs better.
    package static let clip: SpecKey = .init(
        "clip", summary: "Whether groups are clamped where that makes outputs better, as llm-awq does by default",
        allowed: SpecValue.flag, schema: ["type": "boolean"],
        read: { (value, draft) throws(CompressionError) in draft.options.clip = try value.flag() },
        // Always said: awq once stood for what it is without.
        canonical: { $0.options.clip.map { .bool($0) } },
        label: { $0.options.clip == false ? SpecLabel("noclip", words: "without clipping", .procedure) : nil })
}
