import Foundation
import JSON
import TestSupport
import Testing

/// README and the catalogs hold together: links lead somewhere, and what can be derived from code is complete.
@Suite struct DocumentTests {
    private static let repository = Fixtures.repository

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: repository.appending(path: path), encoding: .utf8)
    }

    /// The articles of all catalogs, as paths in the repository; a catalog's own page has its module's name.
    private static func articles() throws -> [String] {
        let files = FileManager.default
        return try files.contentsOfDirectory(atPath: repository.appending(path: "Sources").path).sorted().flatMap {
            module in
            let catalog = "Sources/\(module)/\(module).docc"
            guard files.fileExists(atPath: repository.appending(path: catalog).path) else { return [String]() }
            return try files.contentsOfDirectory(atPath: repository.appending(path: catalog).path).sorted()
                .filter { $0.hasSuffix(".md") && $0 != "\(module).md" }.map { "\(catalog)/\($0)" }
        }
    }

    /// Where a document's links to files lead, without their sections.
    private static func links(in text: String) -> [String] {
        text.matches(of: #/\]\(([^)#\s]+)[^)]*\)/#).map { String($0.1) }.filter { !$0.contains(":") }
    }

    @Test(arguments: ["README.md", "Manifests/demo/README.md"])
    func linksLeadSomewhere(path: String) throws {
        let links = Self.links(in: try Self.text(path))
        #expect(!links.isEmpty)
        let folder = Self.repository.appending(path: path).deletingLastPathComponent()
        for link in links {
            #expect(FileManager.default.fileExists(atPath: folder.appending(path: link).path), "\(path): \(link)")
        }
    }

    @Test func readmeLeadsToEveryArticleAndIsShort() throws {
        let readme = try Self.text("README.md")
        #expect(readme.split(separator: "\n", omittingEmptySubsequences: false).count <= 200)
        let articles = try Self.articles()
        #expect(articles.count >= 10)
        let links = Self.links(in: readme)
        for article in articles { #expect(links.contains(article), "README.md does not lead to \(article)") }
    }

    /// A newcomer finds a room by its module's page.
    @Test func everyFolderOfAModuleStandsOnItsPage() throws {
        let files = FileManager.default
        let sources = Self.repository.appending(path: "Sources")
        for module in try files.contentsOfDirectory(atPath: sources.path).sorted() {
            let page = "Sources/\(module)/\(module).docc/\(module).md"
            guard files.fileExists(atPath: Self.repository.appending(path: page).path) else { continue }
            let text = try Self.text(page)
            for entry in try files.contentsOfDirectory(atPath: sources.appending(path: module).path) {
                // A folder has no ending.
                guard !entry.contains(".") else { continue }
                #expect(text.contains("`\(entry)`"), "\(page) does not name \(entry)")
            }
        }
    }

    /// Files that documents name in code font, where a link would lead nowhere on one of the two: a forge or the built site.
    @Test func namedFilesAreThere() throws {
        for document in try ["README.md"] + Self.articles() {
            let text = try Self.text(document)
            for match in text.matches(of: #/`((Sources|Tests|Schemas|Pipelines|Manifests)\/[A-Za-z0-9_.\/-]+)`/#) {
                let file = Self.repository.appending(path: String(match.1))
                #expect(FileManager.default.fileExists(atPath: file.path), "\(document): \(match.1)")
            }
            for match in text.matches(of: #/`(([A-Za-z]+)\.docc\/[A-Za-z]+\.md)`/#) {
                let file = Self.repository.appending(path: "Sources/\(match.2)/\(match.1)")
                #expect(FileManager.default.fileExists(atPath: file.path), "\(document): \(match.1)")
            }
        }
    }

    @Test func everyModuleIsOnTheMap() throws {
        let map = try Self.text("Sources/Stages/Stages.docc/Architecture.md")
        for module in try FileManager.default.contentsOfDirectory(
            atPath: Self.repository.appending(path: "Sources").path)
        {
            #expect(map.contains("`\(module)`"), "Architecture.md lacks '\(module)'")
        }
    }

    @Test func everyKeyOfTheManifestIsInItsReference() throws {
        let schema = try #require(JSONValue(parsing: Array(Self.text("Schemas/manifest.schema.json").utf8)).object)
        let reference = try Self.text("Sources/Pipeline/Pipeline.docc/ManifestReference.md")
        for keys in [schema["properties"], schema["$defs"]?.object?["archive"]?.object?["properties"]] {
            for key in try #require(keys?.object).members.map(\.key) {
                #expect(reference.contains("\n| `\(key)` |"), "ManifestReference.md lacks '\(key)'")
            }
        }
    }
}
