package import Foundation
package import JSON

/// Files that tests read, all inside the repository but for point sets that may not be passed on.
package enum Fixtures {
    package static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().standardizedFileURL
    /// Answers made by other implementations; `Tests/Fixtures/README.md` says by which.
    package static let directory = repository.appending(path: "Tests/Fixtures")
    package static let demo = repository.appending(path: "Manifests/demo")
    package static let demoArchive = demo.appending(path: "archive")

    package static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: directory.appending(path: path)))
    }

    package static func json(_ path: String) throws -> JSONValue { try JSONValue(parsing: bytes(path)) }

    /// The token ids of `heldout` or `calibration`: a NumPy file of little-endian uint16.
    package static func tokenIDs(_ name: String) throws -> [UInt32] {
        let bytes = try bytes("\(name).npy")
        let first = 10 + Int(bytes[8]) + Int(bytes[9]) << 8
        return stride(from: first, to: bytes.count - 1, by: 2).map { UInt32(bytes[$0]) | UInt32(bytes[$0 + 1]) << 8 }
    }
}

/// Point sets that were published without leave to pass them on: who has them puts them beside the repository.
package enum PublishedPoints {
    package static let directory = Fixtures.repository.deletingLastPathComponent().appending(
        path: "shared/reference-data")

    package static func file(_ name: String) -> URL { directory.appending(path: name) }

    package static func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name).path) }
}
