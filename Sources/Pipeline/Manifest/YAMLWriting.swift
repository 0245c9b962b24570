package import JSON
import Yams

extension JSONValue {
    /// The value as YAML text in block style, members in their own order.
    package var yamlText: String {
        // Serializing fails only for nodes that Yams itself cannot represent; these are plain scalars and collections.
        (try? Yams.serialize(node: node, width: -1)) ?? prettyText
    }

    private var node: Node {
        switch self {
        case .null: Node("null")
        case .bool, .integer, .number: Node(canonicalText)
        case .string(let text): Node(text, Tag(.str), Self.isPlain(text) ? .any : .doubleQuoted)
        case .array(let elements):
            Node(elements.map(\.node), .implicit, elements.allSatisfy(\.isScalar) ? .flow : .block)
        case .object(let object):
            Node(object.members.map { (Node($0.key), $0.value.node) }, .implicit, .block)
        }
    }

    private var isScalar: Bool { object == nil && array == nil }

    /// Text that a reader, ours or one of another schema, would take for a number or a word keeps its quotes.
    private static func isPlain(_ text: String) -> Bool { Double(text) == nil && PlainScalar.isText(text) }
}
