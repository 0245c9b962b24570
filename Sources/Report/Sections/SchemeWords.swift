/// A scheme's or spec's name in words: `rtn-asym-g16` is "round to nearest, asymmetric, in groups of 16".
struct SchemeWords {
    let words: String
    /// The words that tell it from its neighbours, without the method: "in groups of 16".
    let grain: String

    init(_ scheme: String) {
        let parts = scheme.split(separator: "-").map(String.init)
        words = parts.map(Self.word).joined(separator: ", ")
        let grains = parts.filter { $0 == "channel" || Self.groupSize($0) != nil }.map(Self.word)
        grain = grains.last ?? words
    }

    private static func word(_ part: String) -> String {
        if let size = groupSize(part) { return "in groups of \(size)" }
        return names[part] ?? part
    }

    private static func groupSize(_ part: String) -> Int? {
        part.hasPrefix("g") ? Int(part.dropFirst()) : nil
    }

    private static let names = [
        "rtn": "round to nearest", "gptq": "GPTQ", "awq": "AWQ", "aweq": "AWEQ", "smoothquant": "SmoothQuant",
        "wanda": "Wanda", "sparsegpt": "SparseGPT", "sym": "symmetric", "asym": "asymmetric",
        "channel": "per channel", "actorder": "columns ordered by activation", "search": "searched scales",
        "float16": "scales in float16", "bfloat16": "scales in bfloat16", "float32": "scales in float32",
    ]

    /// A short name that tells a scheme from others: what shares a scale where that is enough, else the scheme's own.
    static func shortName(of scheme: String, among schemes: [String]) -> String {
        let grain = SchemeWords(scheme).grain
        return schemes.contains { $0 != scheme && SchemeWords($0).grain == grain } ? scheme : grain
    }
}
