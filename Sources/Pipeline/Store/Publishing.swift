package import FoundationEssentials
import System

/// How a file came to be at its place in the store.
package enum Publication: Sendable, Equatable {
    case published
    /// The same bytes were there already.
    case alreadyThere
}

extension Workspace {
    /// Puts a file into the store: written under a temporary name beside its place, synced, linked.
    ///
    /// The first writer wins; a second one with the same bytes is fine, with other bytes a reported conflict.
    @discardableResult
    package func publish(_ bytes: [UInt8], at place: URL) throws(WorkspaceError) -> Publication {
        let draft = temporaryName(beside: place)
        // Where it cannot be removed, 'qid gc' finds it.
        defer { try? removeFile(draft) }
        let known = try WorkspaceError.attempt { () throws(SystemError) -> [UInt8]? in
            try writeFile(bytes, to: draft)
            guard try linkFile(draft, to: place) else { return try readFile(place) }
            try synchronize(place.deletingLastPathComponent())
            return nil
        }
        guard let known else { return .published }
        guard known == bytes else { throw .conflict(path: place.path) }
        return .alreadyThere
    }

    /// Puts a finished directory of `tmp/` into the store: everything in it synced, then renamed into place.
    ///
    /// If another process was faster, its directory stays, and so does this one, where it was.
    package func publish(directory draft: URL, at place: URL) throws(WorkspaceError) {
        try WorkspaceError.attempt { () throws(SystemError) in
            try synchronizeTree(draft)
            try move(draft, to: place)
        }
    }

    /// Puts a finished directory of `tmp/` where another is, which goes away by way of `tmp/`.
    package func replace(directory place: URL, with draft: URL) throws(WorkspaceError) {
        try WorkspaceError.attempt { () throws(SystemError) in
            try synchronizeTree(draft)
            let old = temporary.appending(path: UUID().uuidString)
            try move(place, to: old)
            try move(draft, to: place)
            // Where it cannot be removed, 'qid gc' finds it.
            try? removeTree(old)
        }
    }

    private func move(_ draft: URL, to place: URL) throws(SystemError) {
        if try moveDirectory(draft, to: place) { try synchronize(place.deletingLastPathComponent()) }
    }
}
