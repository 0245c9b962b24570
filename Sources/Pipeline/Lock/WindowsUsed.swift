package import FoundationEssentials
package import JSON
import Records

/// How many windows each cell of a run took until its QiD was known as well as was asked: `windows.json` beside its lock.
package struct WindowsUsed: Sendable, Equatable {
    /// The windows of one cell.
    package struct Entry: Sendable, Equatable {
        /// The checkpoint's digest.
        package let checkpoint: String
        /// The cell's name: that of its spec.
        package let spec: String
        package let windows: Int
    }

    package private(set) var entries: [Entry] = []

    package init() {}

    package mutating func add(_ windows: Int, of cell: Cell) {
        entries.append(Entry(checkpoint: cell.checkpoint.digest, spec: cell.name, windows: windows))
    }

    /// The windows that a cell took, if they are recorded.
    package subscript(cell: Cell) -> Int? {
        entries.first { $0.checkpoint == cell.checkpoint.digest && $0.spec == cell.name }?.windows
    }

    package var json: JSONValue {
        .array(
            entries.map {
                [
                    "checkpoint": .string($0.checkpoint), "spec": .string($0.spec), "windows": .integer($0.windows),
                ]
            })
    }
}

extension WindowsUsed {
    /// Reads the file.
    package init(file: URL) throws(ManifestError) { try self.init(Field(file: file)) }

    init(_ list: Field) throws(ManifestError) {
        entries = try list.list().map { (field) throws(ManifestError) in
            let keys = try field.mapping(required: ["checkpoint", "spec", "windows"])
            guard let checkpoint = keys["checkpoint"], let spec = keys["spec"], let windows = keys["windows"] else {
                preconditionFailure("mapping(required:) lets no missing key through")
            }
            return Entry(
                checkpoint: try checkpoint.string(), spec: try spec.string(), windows: try windows.integer(atLeast: 1))
        }
    }
}
