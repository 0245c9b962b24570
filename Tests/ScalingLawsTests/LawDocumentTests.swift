import Foundation
import ScalingLaws
import TestSupport
import Testing

/// The catalog's tables have a row for every law.
@Suite struct LawDocumentTests {
    private static func article(_ name: String) throws -> String {
        try String(
            contentsOf: Fixtures.repository.appending(path: "Sources/ScalingLaws/ScalingLaws.docc/\(name).md"),
            encoding: .utf8)
    }

    @Test(arguments: Laws.all.map(\.name))
    func lawHasItsRows(name: String) throws {
        let law = try Laws.named(name)
        let row = "| `\(name)` | \(law.display) | \(law.parameters.map(\.symbol).joined(separator: ", ")) |"
        #expect(try Self.article("TheLaws").contains(row), "TheLaws.md lacks '\(row)'")
        #expect(try Self.article("Coverage").contains("\n| \(name) |"), "Coverage.md lacks '\(name)'")
    }
}
