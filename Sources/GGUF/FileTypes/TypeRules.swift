/// Which type llama-quantize gives each weight of a model.
///
/// `llama_tensor_get_type_impl`, `tensor_allows_quantization` and `tensor_requires_imatrix` of llama.cpp's
/// `src/llama-quant.cpp` (commit 007dbbf3). Weights come in its order: those outside of layers by name, then layer after
/// layer by name; some rules count how many of a kind came before.
package struct TypeRules: Sendable {
    /// What the rules ask of a model.
    package struct Model: Sendable {
        package let architecture: String
        package let layers: Int
        package let heads: Int
        package let keyValueHeads: Int
        /// 0 in a model without.
        package let experts: Int

        package init(architecture: String, layers: Int, heads: Int, keyValueHeads: Int, experts: Int) {
            (self.architecture, self.layers, self.heads) = (architecture, layers, heads)
            (self.keyValueHeads, self.experts) = (keyValueHeads, experts)
        }

        var sharesKeysWidely: Bool { heads / max(1, keyValueHeads) >= 4 }

        /// The size that has a rule of its own: Llama 2's 70 billions, and Qwen's 72.
        var isOf70Billions: Bool {
            layers == 80 && (architecture == "llama" && heads != keyValueHeads || architecture == "qwen2")
        }
    }

    /// A weight by its name in a file, with its sizes, outermost first.
    package struct Weight: Sendable {
        package let name: String
        package let shape: [Int]

        package init(_ name: String, _ shape: [Int]) { (self.name, self.shape) = (name, shape) }
    }

    /// Why a weight cannot be quantized so, as llama-quantize refuses it too.
    package enum Refusal: Error, Equatable {
        /// Blocks do not divide its rows, and nothing is known to take instead.
        case columns(weight: String, type: GGMLType, columns: Int)
        /// The type is only made with the importance of inputs.
        case importance(weight: String, type: GGMLType)
    }

    private let fileType: GGUFFileType
    private let model: Model
    private let hasImportance: Bool
    private let isTied: Bool
    /// How many weights of values, or of queries, keys and values together, there are.
    private let valueCount: Int
    private var values = 0
    private var downs = 0
    private var gates = 0
    private var ups = 0

    /// The type of a weight, and the one that it would have if blocks divided its rows.
    package struct Choice: Sendable, Equatable {
        package let wanted: GGMLType
        package let type: GGMLType

        package init(_ wanted: GGMLType, of weight: String, columns: Int) throws(Refusal) {
            guard let type = wanted.fitting(columns: columns) else {
                throw .columns(weight: weight, type: wanted, columns: columns)
            }
            (self.wanted, self.type) = (wanted, type)
        }
    }

    /// The type of each weight that is quantized; the others keep theirs.
    package static func choices(
        _ fileType: GGUFFileType, _ model: Model, _ weights: [Weight], hasImportance: Bool
    ) throws(Refusal) -> [String: Choice] {
        var rules = TypeRules(fileType, model, weights, hasImportance: hasImportance)
        var choices: [String: Choice] = [:]
        for weight in weights.inFileOrder where weight.isQuantized {
            let wanted = fileType.type.isPacked ? rules.type(weight) : fileType.type
            let choice = try Choice(wanted, of: weight.name, columns: weight.shape.last ?? 1)
            if !hasImportance, rules.wantsImportance(weight, choice.type) {
                throw .importance(weight: weight.name, type: choice.type)
            }
            choices[weight.name] = choice
        }
        return choices
    }

    private init(_ fileType: GGUFFileType, _ model: Model, _ weights: [Weight], hasImportance: Bool) {
        (self.fileType, self.model, self.hasImportance) = (fileType, model, hasImportance)
        isTied = !weights.contains { $0.kind == .head }
        valueCount = weights.count { [.values, .fused].contains($0.kind) }
    }

    /// Whether the weight is made only with the importance of its inputs: ggml itself could do without for some.
    private func wantsImportance(_ weight: Weight, _ type: GGMLType) -> Bool {
        if [.head, .embedding].contains(weight.kind) { return false }
        return type.importance == .required || [.iq1M, .iq2S, .iq3XXS].contains(type)
            || type == .q2K && isOne(of: "q2_k_s")
    }

    private func isOne(of names: String...) -> Bool { names.contains(fileType.name) }

    /// Whether few bits are the file's purpose.
    private var isOfFewBits: Bool { isOne(of: "iq2_xxs", "iq2_xs", "iq2_s", "iq2_m", "iq1_s", "iq1_m") }

    private mutating func type(_ weight: Weight) -> GGMLType {
        let kind = weight.kind
        if kind == .head || kind == .embedding && isTied { return head(weight) }
        if fileType.name == "mxfp4_moe" { return weight.shape.count > 2 ? .mxfp4 : .q80 }
        if kind == .embedding { return embedding }
        if isOfFewBits { return ofFewBits(kind) }
        switch kind {
        case .values, .fused:
            defer { values += 1 }
            return value(kind)
        case .keys where model.experts == 8: return .q80
        case .keys, .queries:
            return isOne(of: "iq3_xs") ? .iq3XXS : isOne(of: "iq3_xxs") ? .iq2S : fileType.type
        case .down:
            defer { downs += 1 }
            return down(layer(weight, downs))
        case .output: return output
        case .gate:
            defer { gates += 1 }
            return inner(layer(weight, gates))
        case .up:
            defer { ups += 1 }
            return inner(layer(weight, ups))
        case .embedding, .head, .other: return fileType.type
        }
    }

    /// A weight's place among those of its kind: its layer, which stands in its name where experts make the counting uneven.
    private func layer(_ weight: Weight, _ counted: Int) -> Int {
        model.experts > 1 ? weight.layer ?? counted : counted
    }

    /// Whether a layer is one of those that get more: the first and the last eighth, and every third between.
    private func getsMore(_ place: Int, of count: Int) -> Bool {
        place < count / 8 || place >= 7 * count / 8 || (place - count / 8) % 3 == 2
    }

    private func head(_ weight: Weight) -> GGMLType {
        let fits = (weight.shape.last ?? 1).isMultiple(of: fileType.type.weightsPerBlock)
        if isOne(of: "mxfp4_moe") || model.architecture == "falcon" || !fits { return .q80 }
        if isOfFewBits || isOne(of: "iq3_xxs") { return .q5K }
        return fileType.type == .q80 ? .q80 : .q6K
    }

    private var embedding: GGMLType {
        switch fileType.name {
        case "iq2_xxs", "iq2_xs", "iq1_s", "iq1_m": .q2K
        case "iq2_s", "iq2_m", "iq3_xxs": .iq3S
        case "tq1_0", "tq2_0": .q4K
        default: fileType.type
        }
    }

    private mutating func ofFewBits(_ kind: Weight.Kind) -> GGMLType {
        let better: GGMLType = isOne(of: "iq2_s", "iq2_m") ? .iq3S : .q2K
        switch kind {
        case .values, .fused: return model.sharesKeysWidely || model.experts >= 4 ? .q4K : better
        case .keys where model.experts == 8: return .q4K
        case .down:
            defer { downs += 1 }
            return downs < model.layers / 8 ? better : fileType.type
        case .output where model.experts == 8: return .q5K
        case .output where isOne(of: "iq1_s", "iq1_m"): return .iq2XXS
        case .output where isOne(of: "iq2_s", "iq2_m"): return .iq3S
        default: return fileType.type
        }
    }

    private func value(_ kind: Weight.Kind) -> GGMLType {
        if model.experts == 8 { return .q80 }
        let type = usualValue
        return model.isOf70Billions && (type == .q3K || type == .q4K) ? .q5K : type
    }

    private var usualValue: GGMLType {
        let isWide = model.sharesKeysWidely
        switch fileType.name {
        case "q2_k": return isWide ? .q4K : .q3K
        case "q2_k_s", "iq3_xs", "iq3_s": return isWide ? .q4K : fileType.type
        case "iq3_xxs": return isWide ? .q4K : hasImportance ? .iq3XXS : .iq3S
        case "iq3_m": return .q4K
        case "q3_k_m": return values < 2 ? .q5K : .q4K
        case "q3_k_l": return .q5K
        case "iq4_nl", "iq4_xs": return isWide ? .q5K : fileType.type
        case "q4_k_m", "q5_k_m": return getsMore(values, of: valueCount) ? .q6K : fileType.type
        case "q4_k_s": return values < 4 ? .q5K : .q4K
        default: return fileType.type
        }
    }

    private func down(_ place: Int) -> GGMLType {
        let (layers, isFalcon) = (model.layers, model.architecture == "falcon")
        let (isEarly, more) = (place < layers / 8, getsMore(place, of: layers))
        switch fileType.name {
        case "q2_k": return .q3K
        case "q2_k_s": return isEarly ? .q4K : .q2K
        case "iq3_xxs": return hasImportance ? .iq3XXS : isEarly ? .q4K : .q3K
        case "q3_k_m": return place < layers / 16 ? .q5K : !isFalcon || more ? .q4K : .q3K
        case "iq3_m": return isEarly || model.experts == 8 && more ? .q4K : .iq3S
        case "q3_k_l": return isFalcon ? .q4K : .q5K
        case "q4_k_m":
            if isFalcon { return place < layers / 16 ? .q6K : more ? .q5K : .q4K }
            return more ? .q6K : .q4K
        case "iq4_nl", "iq4_xs": return isEarly && !hasImportance ? .q5K : fileType.type
        case "q5_k_m": return more ? .q6K : .q5K
        case "q4_k_s": return isEarly && !isFalcon ? .q5K : .q4K
        case "q4_0": return isEarly && hasImportance ? .q41 : .q40
        case "q5_0": return isEarly && hasImportance ? .q51 : .q50
        default: return fileType.type
        }
    }

    private var output: GGMLType {
        if model.architecture == "falcon" { return isOne(of: "q3_k_l") ? .q4K : fileType.type }
        if model.experts == 8 {
            let raised = isOne(
                of: "q2_k", "iq3_xs", "iq3_xxs", "q3_k_s", "q3_k_m", "iq4_nl", "q4_k_s", "q4_k_m", "iq3_s", "iq3_m",
                "iq4_xs")
            return raised ? .q5K : fileType.type
        }
        switch fileType.name {
        case "q2_k": return .q3K
        case "iq3_xxs": return .iq3S
        case "q3_k_m", "iq3_m": return .q4K
        case "q3_k_l": return .q5K
        default: return fileType.type
        }
    }

    /// Gates and what they multiply.
    private func inner(_ place: Int) -> GGMLType {
        let isInside = place >= model.layers / 8 && place < 7 * model.layers / 8
        return isOne(of: "iq3_xs") && isInside ? .iq3XXS : fileType.type
    }
}

extension TypeRules.Weight {
    /// What the rules tell apart.
    fileprivate enum Kind {
        case embedding
        case head
        case queries
        case keys
        case values
        case fused
        case output
        case up
        case gate
        case down
        case other
    }

    fileprivate var kind: Kind {
        if name == "output.weight" { return .head }
        if name == "token_embd.weight" { return .embedding }
        let kinds: [(part: String, kind: Kind)] = [
            ("attn_qkv.weight", .fused), ("attn_v.weight", .values), ("attn_k.weight", .keys),
            ("attn_q.weight", .queries), ("attn_output.weight", .output), ("ffn_up", .up), ("ffn_gate", .gate),
            ("ffn_down", .down),
        ]
        return kinds.first { name.contains($0.part) }?.kind ?? .other
    }

    /// The layer that the name says.
    fileprivate var layer: Int? {
        let parts = name.split(separator: ".")
        return parts.count > 1 && parts[0] == "blk" ? Int(parts[1]) : nil
    }

    /// Whether it is quantized at all: a matrix that is no router, no norm and no table of positions.
    package var isQuantized: Bool {
        shape.count > 1 && shape.dropLast().contains { $0 > 1 } && name.hasSuffix("weight")
            && !name.hasSuffix("_norm.weight") && !name.contains("ffn_gate_inp.weight")
            && name != "position_embd.weight"
    }
}

extension [TypeRules.Weight] {
    /// The order in which llama.cpp goes through a file.
    fileprivate var inFileOrder: [TypeRules.Weight] {
        sorted { one, other in
            let (left, right) = (one.layer ?? -1, other.layer ?? -1)
            return left == right ? one.name.utf8.lexicographicallyPrecedes(other.name.utf8) : left < right
        }
    }
}
