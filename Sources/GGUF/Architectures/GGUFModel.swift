package import JSON

/// A GGUF file as a model of a known architecture: its configuration and tensors as other checkpoints have them.
package struct GGUFModel: Sendable {
    package let file: GGUFFile
    /// What a `config.json` would say.
    package let configuration: JSONObject
    package let weights: [GGUFWeight]

    package init(_ file: GGUFFile) throws(GGUFError) {
        let metadata = file.metadata
        let architecture = try GGUFArchitecture.of(metadata)
        let tensors = Dictionary(file.tensors.map { ($0.info.name, $0) }) { first, _ in first }
        var draft = try ConfigurationDraft(metadata, architecture, file.tensors.map(\.info)) {
            (name) throws(GGUFError) in
            try tensors[name].map { (tensor) throws(GGUFError) in try tensor.floats(metadata.file) }
        }
        let shape = try HeadShape(&draft)
        self.file = file
        var weights: [GGUFWeight] = []
        for tensor in file.tensors where !Self.rotaryFactors.contains(tensor.info.name) {
            weights.append(try architecture.weight(tensor, shape, Set(tensors.keys), metadata.file))
        }
        self.weights = weights
        configuration = try draft.finished(Self.scheme(metadata, file.tensors.map(\.info)))
    }

    /// What a `config.json` would say of a file with this header, and with these factors of rotary frequencies in it.
    package static func configuration(
        of header: GGUFHeader, rotaryFactors: [Float]?
    ) throws(GGUFError) -> JSONObject {
        let architecture = try GGUFArchitecture.of(header.metadata)
        let draft = try ConfigurationDraft(header.metadata, architecture, header.tensors) { (name) throws(GGUFError) in
            name == "rope_freqs.weight" ? rotaryFactors : nil
        }
        return try draft.finished(scheme(header.metadata, header.tensors))
    }

    /// Tensors that are settings.
    static let rotaryFactors: Set<String> = [
        "rope_freqs.weight", "rope_factors_short.weight", "rope_factors_long.weight",
    ]

    /// What the mixture of types is called; nil where no tensor is in blocks.
    private static func scheme(_ metadata: GGUFMetadata, _ tensors: [GGUFTensorInfo]) throws(GGUFError) -> String? {
        var bytes: [GGMLType: Int] = [:]
        for tensor in tensors where tensor.type.isPacked {
            bytes[tensor.type, default: 0] += tensor.byteRange.count
        }
        guard let most = bytes.max(by: { ($0.value, $0.key.id) < ($1.value, $1.key.id) }) else { return nil }
        let type = try metadata.int("general.file_type")
        return "gguf-" + (type.flatMap(GGUFFileType.init(number:))?.name ?? most.key.spelling)
    }
}

/// One tensor as another checkpoint has it.
package struct GGUFWeight: Sendable {
    /// Its name there; `#` stands for the number of an expert or a head, by which it is to be taken apart.
    package let name: String
    package let tensor: GGUFTensor
    package let form: Form

    package enum Form: Sendable, Equatable {
        case same
        case rows(RowOrder)
        /// 1 was added to each value.
        case plusOne
        /// Outputs by inputs instead of inputs by outputs.
        case transposed
        /// The first dimension counts what is a tensor of its own.
        case stacked
        /// A vector instead of a matrix of one row.
        case oneRow
    }
}

extension GGMLType {
    /// Whether weights are stored in blocks and not one by one.
    package var isPacked: Bool { weightsPerBlock > 1 }
}

/// The sizes that say in which order rows are.
struct HeadShape {
    let headCount: Int
    let keyValueHeadCount: Int
    let headSize: Int

    init(heads: Int, keyValueHeads: Int, headSize: Int) {
        (headCount, keyValueHeadCount, self.headSize) = (heads, keyValueHeads, headSize)
    }

    /// The order of rows of queries, keys and values in one weight.
    var fusedOrder: RowOrder {
        .groups(count: keyValueHeadCount, queries: headCount / keyValueHeadCount, headSize: headSize)
    }

    init(_ draft: inout ConfigurationDraft) throws(GGUFError) {
        headSize = try draft.headSize()
        headCount = try draft.needed("attention.head_count")
        keyValueHeadCount = try draft.size("attention.head_count_kv") ?? headCount
        guard headSize > 0, keyValueHeadCount > 0, headCount.isMultiple(of: keyValueHeadCount) else {
            throw draft.metadata.wrong(draft.key("attention.head_count_kv"), "a divisor of \(headCount) heads")
        }
    }
}

extension ConfigurationDraft {
    /// Takes all that the configuration says.
    fileprivate init(
        _ metadata: GGUFMetadata, _ architecture: GGUFArchitecture, _ tensors: [GGUFTensorInfo],
        factors: (String) throws(GGUFError) -> [Float]?
    ) throws(GGUFError) {
        let tensors = Dictionary(tensors.map { ($0.name, $0) }) { first, _ in first }
        self.init(metadata, architecture: architecture.name, tensors: tensors)
        json["model_type"] = .string(architecture.modelType)
        for (stored, setting) in architecture.sizes { try copySize(stored, setting) }
        json[architecture.epsilon.setting] = .number(
            try metadata.required(
                key(architecture.epsilon.stored), try number(architecture.epsilon.stored), "a number"))
        if let embedding = tensors["token_embd.weight"] { json["vocab_size"] = .integer(embedding.rows) }
        json["tie_word_embeddings"] = .bool(tensors["output.weight"] == nil)
        try copyRotarySize(architecture.rotaryShare)
        try copyRotaryScaling(factors: factors)
        for (stored, setting) in [("bos", "bos_token_id"), ("eos", "eos_token_id")] {
            if let id = try metadata.int("tokenizer.ggml.\(stored)_token_id") { json[setting] = .integer(id) }
        }
        pass(["vocab_size", "attention.causal", "leading_dense_block_count"])
        try architecture.complete(&self)
    }

    /// The configuration, once every key was looked at.
    fileprivate func finished(_ scheme: String?) throws(GGUFError) -> JSONObject {
        try checkKeys()
        var json = json
        if let scheme { json["quantization_config"] = ["quant_method": "gguf", "scheme": .string(scheme)] }
        return json
    }
}

extension GGUFArchitecture {
    /// What a tensor of the file is elsewhere.
    fileprivate func weight(
        _ tensor: GGUFTensor, _ shape: HeadShape, _ names: Set<String>, _ file: String
    ) throws(GGUFError) -> GGUFWeight {
        let parts = tensor.info.name.split(separator: ".", omittingEmptySubsequences: false)
        let isLayers = parts.count == 4 && parts[0] == "blk" && Int(parts[1]).map { "\($0)" == parts[1] } == true
        let stored = isLayers ? parts[2] : parts[0]
        guard isLayers || parts.count == 2, let piece = parts.last, piece == "weight" || piece == "bias",
            let rule = (isLayers ? self.layer : ends).first(where: { $0.stored == stored })
        else {
            throw .tensor(
                file: file, tensor: tensor.info.name, found: "nothing that is read",
                expected: "one of a '\(name)' model: "
                    + (self.layer.map { "blk.N." + $0.stored } + ends.map(\.stored)).joined(separator: ", "))
        }
        let layer = isLayers ? "\(layers)\(parts[1])." : ""
        let other = rule.beside.flatMap { names.contains("blk.\(parts[1]).\($0.stored).weight") ? $0.module : nil }
        let module = layer + (other ?? rule.module)
        return GGUFWeight(
            name: "\(module).\(piece)", tensor: tensor, form: try form(rule, tensor.info, String(piece), shape, file))
    }

    private func form(
        _ rule: TensorRule, _ info: GGUFTensorInfo, _ piece: String, _ shape: HeadShape, _ file: String
    ) throws(GGUFError) -> GGUFWeight.Form {
        switch rule.change {
        case .none: return .same
        case .plusOne: return piece == "weight" ? .plusOne : .same
        case .conv1D: return piece == "weight" ? .transposed : .same
        case .experts, .headNorms: return .stacked
        case .oneRow: return .oneRow
        case .rotaryRows: return try rows(.rotaryPairs(headSize: shape.headSize), info, piece, file)
        case .fusedRows: return try rows(shape.fusedOrder, info, piece, file)
        }
    }

    private func rows(
        _ order: RowOrder, _ info: GGUFTensorInfo, _ piece: String, _ file: String
    ) throws(GGUFError) -> GGUFWeight.Form {
        let rows = piece == "bias" ? info.columns : info.rows
        guard order.fits(rows: rows) else {
            throw .tensor(
                file: file, tensor: info.name, found: "of \(rows) rows",
                expected: order.rowCount.map { "of \($0)" } ?? "of whole heads")
        }
        return .rows(order)
    }
}

extension GGUFTensor {
    /// The values of a vector of plain numbers.
    fileprivate func floats(_ file: String) throws(GGUFError) -> [Float] {
        var values = [Float](repeating: 0, count: info.rows * info.columns)
        var span = values.mutableSpan
        do {
            // The mapping is held by this value meanwhile.
            try info.type.decode(RawSpan(_unsafeBytes: bytes), into: &span)
        } catch {
            throw .tensor(file: file, tensor: info.name, found: "\(error)", expected: "a vector of numbers")
        }
        return values
    }
}
