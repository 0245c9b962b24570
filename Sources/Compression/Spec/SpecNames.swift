extension Spec: CustomStringConvertible {
    /// The spec in one word, `rtn-asym-w4-g16`, unique among specs and usable in file names.
    ///
    /// Modules that are treated otherwise follow: `rtn-asym-w4-g16+down_proj=w8+head=none`. What their names leave out is the
    /// line's.
    package var name: String { join([methodLabel] + labels(withWidth: true)) + partLabels.joined() }

    /// The name without the bits, `rtn-asym-g16`: what a law with one parameter per scheme calls it.
    package var scheme: String { join([methodLabel] + labels(withWidth: false)) + partLabels.joined() }

    /// The scheme without the method and how it works, `asym-g16`: what compared methods share.
    package var form: String { join(labels(withWidth: false).filter { $0.subject == .result }) + partLabels.joined() }

    /// The method with how it works, `rtn-search`.
    package var variant: String {
        join([methodLabel] + labels(withWidth: false).filter { $0.subject == .procedure })
    }

    /// The scheme in words: `round to nearest, asymmetric, in groups of 16`.
    package var words: String {
        let exceptions = parts.map { "\($0.selector.text) \($0.spec.map { "in " + $0.name } ?? "in 16 bits")" }
        return (([methodLabel] + labels(withWidth: false)).map(\.words) + exceptions).joined(separator: ", ")
    }

    package var description: String { name }

    private var methodLabel: SpecLabel { SpecLabel(method.name, words: method.title, .procedure) }

    /// What the name says of each part: its spec's name without the method, the symmetry and the group where these are the
    /// line's.
    private var partLabels: [String] {
        parts.map { part in
            guard let spec = part.spec else { return "+\(part.selector.text)=\(ModulePart.unchanged)" }
            let common = [method.name, symmetric ? "sym" : "asym", group.description]
            let labels = [spec.methodLabel] + spec.labels(withWidth: true)
            let own = labels.map(\.text).filter { !common.contains($0) }
            return "+\(part.selector.text)=" + (own.isEmpty ? labels.map(\.text) : own).joined(separator: "-")
        }
    }

    private func join(_ labels: [SpecLabel]) -> String { labels.map(\.text).joined(separator: "-") }

    /// The parts of a name behind the method's.
    private func labels(withWidth: Bool) -> [SpecLabel] {
        var labels: [SpecLabel] = []
        if format.takesZeroPoint {
            labels.append(SpecLabel(symmetric ? "sym" : "asym", words: symmetric ? "symmetric" : "asymmetric"))
        }
        let numbers = [withWidth ? format.width : nil, format.kind].compactMap(\.self).joined()
        if !numbers.isEmpty { labels.append(SpecLabel(numbers)) }
        return labels + SpecKey.shown.compactMap { $0.label(self) }
    }
}

extension Spec {
    /// All but the method and how it works: specs of one setting differ in nothing else.
    package struct Setting: Sendable, Hashable {
        private let format: NumberFormat
        private let group: Group
        private let symmetric: Bool
        private let targets: Targets
        private let sparsity: Sparsity?
        private let rank: Rank?
        private let outliers: Double?
        private let activations: ActivationQuantization?
        private let cache: CacheFormat?
        private let parts: [ModulePart]

        fileprivate init(_ spec: Spec) {
            (format, group, symmetric, targets) = (spec.format, spec.group, spec.symmetric, spec.targets)
            (sparsity, rank, outliers) = (spec.options.sparsity, spec.options.rank, spec.options.outliers)
            (activations, cache, parts) = (spec.options.activations, spec.options.cache, spec.parts)
        }
    }

    /// What compared methods share.
    package var setting: Setting { Setting(self) }
}
