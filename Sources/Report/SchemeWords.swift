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
        "rtn": "round to nearest", "gptq": "GPTQ", "awq": "AWQ", "sym": "symmetric", "asym": "asymmetric",
        "channel": "per channel", "actorder": "columns ordered by activation",
    ]
}
