package import SystemPackage

/// What the operating system refused: which operation, on what, and why.
package struct SystemError: Error, Hashable, Sendable {
    /// What was to be done, as it stands behind "cannot".
    package enum Operation: String, Sendable {
        case read
        case write
        case list
        case inspect = "look at"
        case map
        case lock
        case link
        case rename
        case remove
        case start
    }

    /// Why it was not done.
    package enum Cause: Hashable, Sendable {
        /// The error number of the call that failed.
        case number(Errno)
        /// A directory, pipe, socket or device where a file's bytes are needed.
        case notARegularFile
        /// A symbolic link where a file is to be written.
        case symbolicLink
        /// More bytes than are taken into memory.
        case tooLarge(limit: Int)
        /// Another file, or other bytes, than when it was looked at first.
        case changed
        /// A file system that knows neither second names of a file nor renaming that replaces nothing.
        case noExclusiveNames
    }

    package let operation: Operation
    package let path: String
    package let cause: Cause

    package init(_ operation: Operation, _ path: String, _ cause: Cause) {
        self.operation = operation
        self.path = path
        self.cause = cause
    }

    package init(_ operation: Operation, _ path: String, _ number: Errno) {
        self.init(operation, path, .number(number))
    }
}

extension SystemError {
    /// Whether the name was looked for and nothing has it; every other failure leaves that open.
    package var isMissing: Bool { cause == .number(.noSuchFileOrDirectory) }

    /// Whether the system gave the answer, which it may not give tomorrow; else it is what the file is.
    package var isOfToday: Bool {
        switch cause {
        case .number, .changed: !isLinkLoop
        case .notARegularFile, .symbolicLink, .tooLarge, .noExclusiveNames: false
        }
    }

    /// Whether links lead in a circle, which is how they were made and not what went wrong today.
    package var isLinkLoop: Bool { cause == .number(.tooManySymbolicLinkLevels) }

    /// Whether this place takes no new file, now or later: rights, a read-only volume, a file where a directory should be.
    package var isRefusedPlace: Bool {
        [.permissionDenied, .readOnlyFileSystem, .notDirectory, .notPermitted].contains { cause == .number($0) }
    }

    /// Whether something was to be made, changed or removed.
    package var isOfWriting: Bool {
        switch operation {
        case .write, .lock, .link, .rename, .remove: true
        case .read, .list, .inspect, .map, .start: false
        }
    }

    /// Why, in words.
    package var reason: String {
        switch cause {
        // The system's own words begin with a capital.
        case .number(let number): number.description.prefix(1).lowercased() + number.description.dropFirst()
        case .notARegularFile: "not a regular file"
        case .symbolicLink: "a symbolic link, which is neither followed nor replaced; name the file that it leads to"
        case .tooLarge(let limit): "more than \(limit) bytes"
        case .changed: "it changed while it was read; run again when nobody writes to it"
        case .noExclusiveNames:
            "its file system has neither hard links nor renaming that replaces nothing; use another one"
        }
    }
}

extension SystemError: CustomStringConvertible {
    package var description: String { "cannot \(operation.rawValue) '\(path)': \(reason)" }
}

/// A module's error that carries those of the system as they are.
package protocol SystemFailure: Error {
    static func system(_ error: SystemError) -> Self
}

extension SystemFailure {
    /// Runs a call into the system and turns its error into the module's.
    package static func attempt<Value: ~Copyable>(_ body: () throws(SystemError) -> Value) throws(Self) -> Value {
        do throws(SystemError) { return try body() } catch { throw .system(error) }
    }
}
