import ArgumentParser
import Compression
import JSON

struct MethodsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "methods", abstract: "List compression methods, number formats and the keys of a spec.")

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, markdown, schema
    }

    @Option(help: "How: text, markdown, or schema, which is a spec's part of the manifest's JSON Schema.")
    var format: Format = .text

    func run() {
        switch format {
        case .text: print(SpecCatalog.text)
        case .markdown: print(SpecCatalog.markdown)
        case .schema: print(SpecSchema.spec.prettyText)
        }
    }
}
