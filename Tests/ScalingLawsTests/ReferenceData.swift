import Foundation
import ScalingLaws
import Testing

/// Published points beside the repository; they are not part of it.
enum ReferenceData {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "../shared/reference-data").standardizedFileURL

    /// The points of a file, or nil, said aloud, where the folder is absent.
    static func points(_ name: String) throws -> [Point]? {
        let file = folder.appending(path: name)
        guard FileManager.default.fileExists(atPath: file.path) else {
            print("skipped: no \(file.path)")
            return nil
        }
        return try Points.parse(csv: String(contentsOf: file, encoding: .utf8))
    }
}
