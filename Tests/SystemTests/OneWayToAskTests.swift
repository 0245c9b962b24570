import Foundation
import System
import Testing

/// What asks the system goes through `System`, whose answers tell "is not there" from "cannot be looked at".
struct OneWayToAskTests {
    private static let forbidden = [
        "FileManager", "fileExists(at", "contentsOfDirectory", "enumerator(at", "isReadableFile", "Process()",
        "FileHandle",
        "try!", "opendir(", "access(",
    ]
    private static let system = ["opendir("]

    @Test func nobodyAsksFoundation() throws {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let sources = repository.appending(path: "Sources")
        let files = try swiftFiles(in: sources)
        #expect(files.count > 300)
        for file in files {
            let isOfSystem = file.path.contains("/Sources/System/")
            let code = String(decoding: try readFile(file), as: UTF8.self).split(separator: "\n")
                .filter { !$0.drop { $0 == " " }.hasPrefix("//") }
            for word in Self.forbidden where !(isOfSystem && Self.system.contains(word)) {
                #expect(!code.contains { $0.contains(word) }, "'\(word)' in \(file.lastPathComponent)")
            }
        }
    }

    private func swiftFiles(in directory: URL) throws -> [URL] {
        var files: [URL] = []
        for name in try names(in: directory) where !name.hasSuffix(".docc") {
            let place = directory.appending(path: name)
            if try FileStatus(place)?.kind == .directory {
                files += try swiftFiles(in: place)
            } else if name.hasSuffix(".swift") {
                files.append(place)
            }
        }
        return files
    }
}
