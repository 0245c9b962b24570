package import FoundationEssentials
import System

/// How a file came to be at its place in the store.
package enum Publication: Sendable, Equatable {
    case published
    /// The same bytes were there already.
    case alreadyThere
}

extension Workspace {
    /// Puts a file into the store: written in `tmp/`, synced, given its name.
    ///
    /// The first writer wins; a second one with the same bytes is fine, with other bytes a reported conflict.
    @discardableResult
    package func publish(_ bytes: [UInt8], at place: URL) throws(WorkspaceError) -> Publication {
        let known = try withDraft { (draft) throws(SystemError) -> [UInt8]? in
            // Where it cannot be removed, 'qid gc' finds it.
            defer { try? removeFile(draft) }
            try writeFile(bytes, to: draft)
            guard try linkFile(draft, to: place) else { return try readFile(place) }
            try synchronize(place.deletingLastPathComponent())
            return nil
        }
        guard let known else { return .published }
        guard known == bytes else { throw .conflict(path: place.path) }
        return .alreadyThere
    }

    /// Replaces a file that is a view of others, or says what was last seen: written in `tmp/`, synced, renamed.
    package func replace(_ bytes: [UInt8], at place: URL) throws(WorkspaceError) {
        try withDraft { (draft) throws(SystemError) in
            try replaceFile(bytes, at: place, draft: draft)
            try synchronize(place.deletingLastPathComponent())
        }
    }

    /// Puts a finished directory of `tmp/` into the store: everything in it synced, then renamed into place.
    ///
    /// If another process was faster, its directory stays, and so does this one, where it was; false is returned.
    @discardableResult
    package func publish(directory draft: URL, at place: URL) throws(WorkspaceError) -> Bool {
        try WorkspaceError.attempt { () throws(SystemError) in
            try synchronizeTree(draft)
            return try move(draft, to: place)
        }
    }

    /// Puts a finished directory of `tmp/` where another is, which goes away by way of `tmp/`.
    package func replace(directory place: URL, with draft: URL) throws(WorkspaceError) {
        try WorkspaceError.attempt { () throws(SystemError) in try synchronizeTree(draft) }
        try discard(place)
        try WorkspaceError.attempt { () throws(SystemError) in _ = try move(draft, to: place) }
    }

    /// Takes an artifact out of the store that is not what was written; the next run makes it again.
    ///
    /// Another process may have done so already.
    package func discard(_ place: URL) throws(WorkspaceError) {
        try withDraft { (draft) throws(SystemError) in
            do throws(SystemError) { try rename(place, to: draft) } catch {
                if try exists(place) { throw error }
                return
            }
            try synchronize(place.deletingLastPathComponent())
            // Where it cannot be removed, 'qid gc' finds it.
            try? removeTree(draft)
        }
    }

    private func move(_ draft: URL, to place: URL) throws(SystemError) -> Bool {
        guard try moveDirectory(draft, to: place) else { return false }
        try synchronize(place.deletingLastPathComponent())
        return true
    }

    /// Lends a name in `tmp/` that nobody else has, while 'qid gc' leaves it alone.
    private func withDraft<Value>(_ body: (URL) throws(SystemError) -> Value) throws(WorkspaceError) -> Value {
        let lock = try shareStore()
        defer { lock.release() }
        return try WorkspaceError.attempt { () throws(SystemError) in
            try body(temporary.appending(path: UUID().uuidString))
        }
    }

    /// Keeps others from deleting from the store; waits for one who does to be done.
    private func shareStore() throws(WorkspaceError) -> FileLock {
        let deadline = Clock.seconds + Self.patience
        while true {
            let lock = try WorkspaceError.attempt { () throws(SystemError) in try FileLock(storeLock, .shared) }
            if let lock { return lock }
            guard Clock.seconds < deadline else { throw .locked(path: storeLock.path, holder: "another process") }
            try Interruption.check()
            Clock.sleep(seconds: 0.05)
        }
    }

    /// How long deleting may take, in seconds.
    private static let patience = 60.0
}
