/// What is wrong with a manifest, a pipeline or a lock; lines and columns count from 1.
package enum ManifestError: Error, Equatable {
    case unreadable(file: String, reason: String)
    case notYAML(file: String, line: Int, reason: String)
    case unknownKey(place: Place, key: String, allowed: [String])
    case missingKey(place: Place, key: String)
    case wrongType(place: Place, key: String, expected: String, found: String)
    case invalid(place: Place, key: String, reason: String)

    /// A line of a file.
    package struct Place: Sendable, Hashable, CustomStringConvertible {
        package let file: String
        package let line: Int

        package init(file: String, line: Int) {
            self.file = file
            self.line = line
        }

        package var description: String { "\(file):\(line)" }
    }
}

extension ManifestError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadable(let file, let reason): "\(file): \(reason)"
        case .notYAML(let file, let line, let reason): "\(file):\(line): not YAML: \(reason)"
        case .unknownKey(let place, let key, let allowed):
            "\(place): unknown key '\(key)'; known here: \(allowed.joined(separator: ", "))"
        case .missingKey(let place, let key): "\(place): key '\(key)' is missing"
        case .wrongType(let place, let key, let expected, let found):
            "\(place): '\(key)' is \(found) where \(expected) was expected"
        case .invalid(let place, let key, let reason): "\(place): '\(key)': \(reason)"
        }
    }
}
