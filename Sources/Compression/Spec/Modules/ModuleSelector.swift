/// Which modules of a model are meant: linear layers by some consecutive parts of their names, or a word for a place.
///
/// `down_proj` and `mlp.down_proj` are parts of `model.layers.0.mlp.down_proj`, and so is `layers.0`, which is none of
/// `model.layers.10.mlp.down_proj`.
package struct ModuleSelector: Sendable, Hashable {
    /// As a manifest has it.
    package let text: String
    private let place: ModulePlace?

    static let allowed =
        "parts of modules' names between dots, such as down_proj or layers.0, or one of "
        + ModulePlace.allCases.map(\.rawValue).joined(separator: ", ")

    init(_ text: String) throws(CompressionError) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isPartOfName) }) else {
            throw SpecKey.modules.refusal("'\(text)'", allowed: "a mapping from " + Self.allowed)
        }
        self.text = text
        place = ModulePlace(rawValue: text)
    }

    private static func isPartOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// How much it says: the parts of a name that it has; as many for a layer's word as for `layers.0`.
    var weight: Int {
        switch place {
        case .firstLayer, .lastLayer: 2
        case .embeddings, .head: 1
        case nil: text.split(separator: ".").count
        }
    }

    /// Whether it is for an embedding or a head.
    var isOutOfLayers: Bool { place == .embeddings || place == .head }

    func matches(_ module: LinearModule) -> Bool {
        if let place { return module.places.contains(place) }
        guard module.isInLayers else { return false }
        let (wanted, parts) = (text.split(separator: "."), module.name.split(separator: "."))
        return parts.indices.contains { parts[$0...].starts(with: wanted) }
    }
}

/// A place in a model that has the same word in all families.
package enum ModulePlace: String, Sendable, Hashable, CaseIterable {
    case firstLayer = "first-layer"
    case lastLayer = "last-layer"
    /// The table of token embeddings.
    case embeddings
    /// What makes logits; the embeddings' table where that is tied.
    case head
}
