package import GGUF

/// How weights lie in a GGUF file.
package enum BlockFormat: Sendable, Hashable {
    /// All compressed weights in one type.
    case type(GGMLType)
    /// Every weight of a file, embeddings and head too, in the type that llama-quantize gives it.
    case mixture(GGUFFileType)

    /// What most weights get.
    var type: GGMLType {
        switch self {
        case .type(let type): type
        case .mixture(let fileType): fileType.type
        }
    }

    /// The file's number for it; nil for what has none, as llama-quantize gives all of a file some type.
    var fileType: GGUFFileType? { if case .mixture(let fileType) = self { fileType } else { nil } }
}

extension NumberFormat {
    /// ggml's block types and llama-quantize's mixtures of them, stored as a GGUF file.
    package static let blocks: [NumberFormat] = GGMLType.all.map(ofType) + GGUFFileType.all.compactMap(ofFile)

    /// A type by its own name, or with `gguf-` where other layouts have a format of that name.
    private static func ofType(_ type: GGMLType) -> NumberFormat {
        let name = ["mxfp4", "nvfp4"].contains(type.spelling) ? "gguf-" + type.spelling : type.spelling
        let size =
            type.isPacked
            ? "\(type.weightsPerBlock) weights in \(type.bytesPerBlock) bytes" : "plain numbers"
        return NumberFormat(name, "GGUF: \(type.name), \(size)", .type(type))
    }

    /// A mixture by llama-quantize's name, or with `mostly_` where that is a type's; nil where nothing is mixed.
    private static func ofFile(_ file: GGUFFileType) -> NumberFormat? {
        guard file.type.isPacked else { return nil }
        let name = GGMLType(spelling: file.name) == nil ? file.name : "mostly_" + file.name
        return NumberFormat(
            name, "GGUF: llama-quantize's mixture \(file.name), mostly \(file.type.name), embeddings and head too",
            .mixture(file))
    }

    private init(_ name: String, _ summary: String, _ format: BlockFormat) {
        let group: Spec.Group = format.type.isPacked ? .size(format.type.weightsPerBlock) : .channel
        self.init(
            name: name, summary: summary, values: .blocks(format), nominalBits: format.type.nominalBits,
            usualGroup: group, groups: [group], takesScaleType: false, rounding: GGMLRounding(format))
    }

    /// How weights lie in a GGUF file; nil for formats that are stored otherwise.
    package var blocks: BlockFormat? { if case .blocks(let format) = values { format } else { nil } }
}

extension GGMLType {
    /// Bits of a code, scales not counted: those that the name says; log₂ 3 of ternary ones.
    fileprivate var nominalBits: Double {
        if spelling.hasPrefix("tq") { return NumberFormat.ternary.nominalBits }
        return Double(spelling.drop { !$0.isNumber }.prefix { $0.isNumber }) ?? bitsPerWeight
    }
}
