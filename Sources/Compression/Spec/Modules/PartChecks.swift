extension Spec {
    /// The spec of most modules and those of the others, without what stays as it is.
    package var allSpecs: [Spec] { [self] + parts.compactMap(\.spec) }

    /// How the whole of it goes through a model: as the one of its methods that looks at inputs, if any does.
    package var passage: Passage {
        if case .alone = method.passage {
            return parts.lazy.compactMap(\.spec?.method.passage).first { $0.statistic != nil } ?? .alone
        }
        return method.passage
    }

    /// Whether it compresses embeddings or a head.
    package var reachesOutOfLayers: Bool { parts.contains { $0.selector.isOutOfLayers && $0.spec != nil } }

    /// Refuses parts that cannot be of one model.
    func checkParts() throws(CompressionError) {
        for part in parts {
            if let spec = part.spec, let reason = reasonAgainst(spec) {
                throw .inModules(selector: part.selector.text, reason)
            }
        }
    }

    /// Why a spec cannot be that of a part; nil where it can.
    private func reasonAgainst(_ part: Spec) -> String? {
        if (part.format.blocks == nil) != (format.blocks == nil) {
            return "\(part.numbers) and \(numbers) go into different files: a GGUF file holds its own formats only"
        }
        if case .mixture? = part.format.blocks {
            return "\(part.numbers) is a mixture of a whole file; a type such as q6_k would do"
        }
        if case .scaling = part.method.passage, part.method != method {
            return "\(part.method.name) moves factors between channels of a whole model, "
                + "so it is the line's method or none's"
        }
        if case .scaling = method.passage, part.method.passage.statistic != nil {
            return "\(part.method.name) cannot follow \(method.name), which looks at the uncompressed model only"
        }
        if let statistic = part.method.passage.statistic,
            let other = allSpecs.first(where: { ($0.method.passage.statistic ?? statistic) != statistic })
        {
            return "\(part.method.name) and \(other.method.name) look at inputs in different ways, "
                + "and a model is walked through in one"
        }
        return nil
    }
}

extension Passage {
    /// What a method must know of the inputs of each layer in turn; nil for those that look at none, or at all at once.
    fileprivate var statistic: InputStatistic? { if case .sequential(let statistic) = self { statistic } else { nil } }
}
