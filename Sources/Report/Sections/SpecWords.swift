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
        words = ([Self.method(spec)] + Self.form(spec) + Self.options(spec)).joined(separator: ", ")
        grain = Self.group(spec) ?? words
    }

    /// The words of a scheme: those of its specs, or its own name where a law joins schemes or has none.
    init(_ scheme: String, in content: ReportContent) {
        if let spec = content.measurements.first(where: { $0.scheme == scheme })?.spec {
            self.init(spec)
        } else {
            self.init(words: scheme, grain: scheme)
        }
    }

    private static func method(_ spec: Spec) -> String {
        let names = [
            "rtn": "round to nearest", "gptq": "GPTQ", "awq": "AWQ", "aweq": "AWEQ", "smoothquant": "SmoothQuant",
            "wanda": "Wanda", "sparsegpt": "SparseGPT", "low-rank": "low rank", "qsd": "QSD",
        ]
        return names[spec.method.rawValue] ?? spec.method.rawValue
    }

    private static func form(_ spec: Spec) -> [String] {
        var words: [String?] = []
        switch spec.format {
        case .integer: words.append(spec.symmetric ? "symmetric" : "asymmetric")
        case .levels(_, let vector): words.append(vector > 1 ? "vectors of \(vector)" : nil)
        default: words.append(spec.format.name)
        }
        words.append(group(spec))
        words += [spec.options.rank?.description, spec.options.sparsity?.description]
        return words.compactMap(\.self)
    }

    /// What shares a scale; nil where the format leaves no choice.
    private static func group(_ spec: Spec) -> String? {
        guard spec.namesGroup else { return nil }
        return switch spec.group {
        case .channel: "per channel"
        case .size(let size): "in groups of \(size)"
        }
    }

    private static func options(_ spec: Spec) -> [String] {
        let options = spec.options
        return [
            options.scaleSearch ? "searched scales" : nil, options.sharedTable ? "one table a weight" : nil,
            options.powersOfTwo ? "sums of powers of two" : nil, options.clip == false ? "without clipping" : nil,
            options.actOrder ? "columns ordered by activation" : nil,
            options.activations.map { "inputs of \($0.bits) bits" + ($0.scale == .tensor ? " a tensor" : "") },
            spec.targets == .layers ? nil : spec.targets.rawValue, spec.scales.map { "scales in \($0.rawValue)" },
        ].compactMap(\.self)
    }

    /// A short name that tells a scheme from others of a report: what shares a scale where that is enough, else the
    /// scheme's own.
    static func shortName(of scheme: String, in content: ReportContent) -> String {
        let grain = SpecWords(scheme, in: content).grain
        return content.schemes.contains { $0 != scheme && SpecWords($0, in: content).grain == grain } ? scheme : grain
    }
}
