package import JSON

/// A checkpoint as a GGUF file would have it: metadata, and each tensor's name and order there.
package struct ModelExport: Sendable {
    package let metadata: [(key: String, value: GGUFValue)]
    private let table: GGUFArchitecture
    private let shape: HeadShape
    /// How many experts or heads tensors of each are stacked of.
    private let stacks: [String: Int]
    /// Factors of rotary frequencies, which are a tensor of their own.
    package let rotaryFactors: [Float]?

    /// Where a tensor goes.
    package struct Place: Sendable, Equatable {
        package let name: String
        package let form: GGUFWeight.Form
        /// Which one of a stack it is, and of how many; nil of a tensor of its own.
        package let part: Part?

        package struct Part: Sendable, Equatable {
            package let index: Int
            package let count: Int
        }
    }

    /// What the rules for types ask of it.
    package let model: TypeRules.Model
    private let isTied: Bool

    /// Takes a `config.json`, the names of all tensors and a `tokenizer.json`; `file` is what messages call the first.
    package init(
        configuration: JSONObject, tensors: some Sequence<String>, tokenizer: (json: JSONObject, file: String)?,
        fileType: GGUFFileType?, file: String
    ) throws(GGUFError) {
        let settings = ExportSettings(configuration, file: file)
        let (table, export) = try Self.table(settings)
        self.table = table
        isTied = configuration["tie_word_embeddings"] == true
        var entries = ExportedMetadata(architecture: table.name)
        entries.add(whole: "general.architecture", .string(table.name))
        entries.add(whole: "general.type", .string("model"))
        if let fileType { entries.add(whole: "general.file_type", .uint32(UInt32(fileType.number))) }
        entries.add(whole: "general.quantization_version", .uint32(2))
        shape = try entries.takeSizes(settings, table, export)
        rotaryFactors = try entries.takeRotary(settings, table, export, headSize: shape.headSize)
        try export.complete(settings, &entries)
        try entries.takeTokenizer(tokenizer, settings)
        metadata = entries.entries
        model = TypeRules.Model(
            architecture: table.name, layers: try settings.needed(ExportSettings.layers), heads: shape.headCount,
            keyValueHeads: shape.keyValueHeadCount, experts: try settings.size(ExportSettings.experts) ?? 0)
        var stacks: [String: Int] = [:]
        for name in tensors {
            guard let (place, index) = table.place(name), let index else { continue }
            stacks[place.name] = max(stacks[place.name] ?? 0, index + 1)
        }
        self.stacks = stacks
    }

    private static func table(
        _ settings: ExportSettings
    ) throws(GGUFError) -> (GGUFArchitecture, GGUFArchitecture.Export) {
        let modelType = try settings.modelType()
        let known = GGUFArchitecture.all.compactMap { table in table.export.map { (table, $0) } }
        if let found = known.first(where: { $0.1.modelTypes.contains(modelType) }) { return found }
        throw settings.wrong(
            "model_type",
            "one of which GGUF files are written: " + known.flatMap(\.1.modelTypes).joined(separator: ", "))
    }

    /// Where a tensor goes; nil of one that the architecture does not have.
    package func place(_ name: String) -> Place? {
        guard let (found, index) = table.place(name), !(isTied && found.rule.stored == "output") else { return nil }
        let part = index.flatMap { index in stacks[found.name].map { Place.Part(index: index, count: $0) } }
        let form = table.form(found.rule, found.piece, shape)
        return Place(name: found.name, form: form, part: part)
    }
}

extension GGUFArchitecture {
    /// The place of a tensor of another checkpoint, and its number in a stack.
    fileprivate func place(
        _ name: String
    ) -> ((name: String, rule: TensorRule, piece: String), index: Int?)? {
        guard let dot = name.lastIndex(of: ".") else { return nil }
        let (module, piece) = (String(name[..<dot]), String(name[name.index(after: dot)...]))
        guard piece == "weight" || piece == "bias" else { return nil }
        // Checkpoints saved without a head leave the body's prefix out.
        let bare = String(layers.drop { $0 != "." }.dropFirst())
        if let prefix = [layers, bare].first(where: { !$0.isEmpty && module.hasPrefix($0) }) {
            let rest = module.dropFirst(prefix.count)
            guard let end = rest.firstIndex(of: "."), let layer = Int(rest[..<end]) else { return nil }
            let inner = String(rest[rest.index(after: end)...])
            for rule in self.layer {
                guard let index = rule.index(of: inner) else { continue }
                return (("blk.\(layer).\(rule.stored).\(piece)", rule, piece), index.number)
            }
            return nil
        }
        for rule in ends where rule.module == module || rule.module.hasSuffix("." + module) {
            return (("\(rule.stored).\(piece)", rule, piece), nil)
        }
        return nil
    }

    fileprivate func form(
        _ rule: TensorRule, _ piece: String, _ shape: HeadShape
    ) -> GGUFWeight.Form {
        switch rule.change {
        case .none: .same
        case .plusOne: piece == "weight" ? .plusOne : .same
        case .conv1D: piece == "weight" ? .transposed : .same
        case .experts, .headNorms: .stacked
        case .oneRow: .oneRow
        case .rotaryRows: .rows(.rotaryPairs(headSize: shape.headSize))
        case .fusedRows: .rows(shape.fusedOrder)
        }
    }
}

extension TensorRule {
    /// Whether a module inside a layer is the rule's, with the number that stands where `#` is.
    fileprivate func index(of inner: String) -> (number: Int?, Void)? {
        let parts = module.split(separator: "#", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return [module, beside?.module].contains(inner) ? (nil, ()) : nil }
        guard inner.hasPrefix(parts[0]), inner.hasSuffix(parts[1]),
            inner.utf8.count > parts[0].utf8.count + parts[1].utf8.count,
            let number = Int(inner.dropFirst(parts[0].count).dropLast(parts[1].count))
        else { return nil }
        return (number, ())
    }
}
