import JSON

/// How many windows a cell took until its QiD was known as well as the manifest asks.
package struct WindowsUsed: Sendable, Equatable {
    /// The checkpoint's digest.
    package let checkpoint: String
    /// The cell's name: that of its spec.
    package let spec: String
    package let windows: Int

    package init(_ cell: Cell, windows: Int) {
        checkpoint = cell.checkpoint.digest
        spec = cell.name
        self.windows = windows
    }

    init(_ field: Field) throws(ManifestError) {
        let keys = try field.mapping(required: ["checkpoint", "spec", "windows"])
        guard let checkpoint = keys["checkpoint"], let spec = keys["spec"], let windows = keys["windows"] else {
            preconditionFailure("mapping(required:) lets no missing key through")
        }
        self.checkpoint = try checkpoint.string()
        self.spec = try spec.string()
        self.windows = try windows.integer(atLeast: 1)
    }

    var json: JSONValue {
        ["checkpoint": .string(checkpoint), "spec": .string(spec), "windows": .integer(windows)]
    }
}

extension Lock {
    /// The windows that a cell took, if they are recorded.
    package func windowsUsed(by cell: Cell) -> Int? {
        windowsUsed.first { $0.checkpoint == cell.checkpoint.digest && $0.spec == cell.name }?.windows
    }
}
