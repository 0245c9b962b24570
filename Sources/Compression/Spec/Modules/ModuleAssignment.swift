/// What a spec makes of each module of a model.
struct ModuleAssignment {
    /// The specs of compressed modules by their names, each without parts.
    var specs: [String: Spec] = [:]
    /// The selectors that decided, by modules' names; those of other modules are the line's.
    var selectors: [String: String] = [:]
    /// The modules that are to stay as they are: those of layers that have no spec, and others that are said to.
    var left: Set<String> = []
}

extension Spec {
    /// Says which spec is whose.
    ///
    /// Of selectors that match a module the one with the most parts counts. Refuses one that matches no module, and two that
    /// count as much and disagree.
    func assignment(to modules: [LinearModule]) throws(CompressionError) -> ModuleAssignment {
        var result = ModuleAssignment()
        var matching: Set<String> = []
        let own = withoutParts
        for module in modules {
            let matches = parts.filter { $0.selector.matches(module) }
            matching.formUnion(matches.map(\.selector.text))
            var spec = module.isInLayers && !leavesWeights ? own : nil
            if let part = try strongest(matches, for: module) {
                (spec, result.selectors[module.name]) = (part.spec, part.selector.text)
            }
            if spec == nil, module.isInLayers || result.selectors[module.name] != nil {
                result.left.insert(module.name)
            }
            if let spec {
                result.specs[module.name] = module.isInLayers ? spec : try spec.outsideOfLayers(module)
            } else if module.isInLayers, case .scaling = method.passage {
                throw .unsupported(
                    spec: name,
                    reason: "\(method.name) scales the weights of '\(module.name)', so it cannot stay as it is; "
                        + "{bits: 8} would do")
            }
        }
        if let part = parts.first(where: { !matching.contains($0.selector.text) }) {
            throw SpecKey.modules.refusal(
                "'\(part.selector.text)', which is no module of the model", allowed: Self.known(modules))
        }
        try checkStacks(modules, result.specs)
        return result
    }

    /// Refuses what modules with the same inputs must agree on: how these are rounded, and a basis that they share.
    private func checkStacks(_ modules: [LinearModule], _ specs: [String: Spec]) throws(CompressionError) {
        for module in modules {
            guard let spec = specs[module.name] else { continue }
            for other in module.stack where other != module.name {
                let found = specs[other]
                let agrees =
                    spec.options.rank == nil ? found?.options.activations == spec.options.activations : found == spec
                guard !agrees else { continue }
                let shared = spec.options.rank == nil ? "rounded inputs" : "a basis"
                throw .unsupported(
                    spec: name,
                    reason: "'\(module.name)' and '\(other)' share \(shared), so they need one spec: "
                        + "\(spec.name) is not \(found?.name ?? "16 bits")")
            }
        }
    }

    private func strongest(
        _ matches: [ModulePart], for module: LinearModule
    ) throws(CompressionError) -> ModulePart? {
        guard let most = matches.map(\.selector.weight).max() else { return nil }
        let strongest = matches.filter { $0.selector.weight == most }
        if let other = strongest.first(where: { $0.spec != strongest[0].spec }) {
            throw SpecKey.modules.refusal(
                "'\(strongest[0].selector.text)' and '\(other.selector.text)', which both match '\(module.name)'",
                allowed: "such that one of them has more parts, or a third one such as "
                    + "'\(module.name.split(separator: ".").suffix(most + 1).joined(separator: "."))'")
        }
        return strongest[0]
    }

    /// The spec of an embedding or a head: nothing looks at what these are given, and their inputs are not rounded.
    private func outsideOfLayers(_ module: LinearModule) throws(CompressionError) -> Spec {
        guard case .alone = method.passage else {
            let methods = Method.all.filter { if case .alone = $0.passage { $0 != .unchanged } else { false } }
            throw .unsupported(
                spec: name,
                reason: "'\(module.name)' is outside of decoder layers, where \(method.name) sees no inputs; "
                    + "one of \(methods.map(\.name).joined(separator: ", ")) would do")
        }
        return withoutInputs
    }

    private static func known(_ modules: [LinearModule]) -> String {
        var words: [String] = []
        for module in modules where module.isInLayers {
            guard let last = module.name.split(separator: ".").last.map(String.init), !words.contains(last) else {
                continue
            }
            words.append(last)
        }
        return "parts of their names, such as \(words.prefix(12).joined(separator: ", ")), or one of "
            + ModulePlace.allCases.map(\.rawValue).joined(separator: ", ")
    }
}
