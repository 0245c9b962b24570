extension SpecKey {
    /// Scales of least squared error.
    package static let scaleSearch: SpecKey = .flag(
        "scale_search", summary: "The scale of least squared error instead of that of the largest weight",
        label: SpecLabel("search", words: "searched scales", .procedure), \.scaleSearch,
        check: { (spec) throws(CompressionError) in
            guard spec.format.takesScaleSearch || !spec.method.keys.contains(.scaleSearch) else {
                throw SpecKey.scaleSearch.refusal("true", allowed: "left out for \(spec.numbers)")
            }
        })
}
