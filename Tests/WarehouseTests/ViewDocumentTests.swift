import Foundation
import TestSupport
import Testing
import Warehouse

/// The catalog explains every view, and every column of the two that people ask most.
@Suite struct ViewDocumentTests {
    let folder: Folder
    let document: String

    init() throws {
        folder = try Folder()
        document = try String(
            contentsOf: Fixtures.repository.appending(path: "Sources/Warehouse/Warehouse.docc/Views.md"),
            encoding: .utf8)
    }

    @Test(arguments: ["qid", "loss"])
    func everyColumnIsExplained(view: String) throws {
        let answer = try Warehouse(writing: folder.warehouse).reader.query("SELECT * FROM \(view)")
        for column in answer.columns { #expect(document.contains("`\(column)`"), "\(view): \(column)") }
    }

    @Test func everyViewIsNamed() throws {
        let answer = try Warehouse(writing: folder.warehouse).reader.query(
            "SELECT name FROM sqlite_schema WHERE type = 'view' AND name <> 'origin'")
        #expect(answer.rows.count >= 7)
        for row in answer.rows {
            guard case .text(let name)? = row.first else { continue }
            #expect(document.contains("\n| `\(name)` |"), "\(name)")
        }
    }
}
