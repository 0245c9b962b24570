import Foundation
import FoundationXML

/// Reads XML by another implementation and keeps what tests ask about.
final class ElementCollector: NSObject, XMLParserDelegate {
    struct Text {
        var drawing: Int
        var content: String
        var attributes: [String: String]
    }

    private(set) var names: [String] = []
    private(set) var attributes: [[String: String]] = []
    private(set) var texts: [Text] = []
    private(set) var content = ""
    private var drawing = 0
    private var isInText = false
    private(set) var error: (any Error)?

    /// Parses a document; nil if it is not well-formed.
    init?(_ text: String) {
        super.init()
        let parser = XMLParser(data: Data(text.utf8))
        parser.delegate = self
        guard parser.parse() else {
            print(parser.parserError.map { "\($0) at line \(parser.lineNumber)" } ?? "not parsed")
            return nil
        }
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes found: [String: String]
    ) {
        names.append(name)
        attributes.append(found)
        let isPanelOfPoster = found["height"] != nil && found["viewBox"] == nil
        if name == "svg", found["role"] != nil || isPanelOfPoster {
            drawing += 1
        }
        isInText = name == "text"
        if isInText { texts.append(Text(drawing: drawing, content: "", attributes: found)) }
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        if name == "text" { isInText = false }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        content += string
        if isInText { texts[texts.count - 1].content += string }
    }
}
