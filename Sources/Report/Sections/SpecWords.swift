internal import Compression
internal import Records

/// A spec in words, its bits left out: "round to nearest, asymmetric, in groups of 16".
struct SpecWords {
    let words: String
    /// The words that tell it from its neighbours, without the method: "in groups of 16".
    let grain: String

    private init(words: String, grain: String) {
        self.words = words
        self.grain = grain
    }

    init(_ spec: Spec) {
        words = spec.words
        grain = spec.namesGroup ? spec.group.words : words
    }

    /// The words of a scheme: those of its specs, or its own name where a law joins schemes or has none.
    init(_ scheme: String, in content: ReportContent) {
        if let spec = content.measurements.first(where: { $0.scheme == scheme })?.spec {
            self.init(spec)
        } else {
            self.init(words: scheme, grain: scheme)
        }
    }

    /// A short name that tells a scheme from others of a report: what shares a scale where that is enough, else the
    /// scheme's own.
    static func shortName(of scheme: String, in content: ReportContent) -> String {
        let grain = SpecWords(scheme, in: content).grain
        return content.schemes.contains { $0 != scheme && SpecWords($0, in: content).grain == grain } ? scheme : grain
    }
}
