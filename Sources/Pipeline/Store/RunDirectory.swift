package import FoundationEssentials
package import JSON
import Records
import System

/// One run's directory, `runs/<time>-<name>/`: its lock, its log and its report.
package struct RunDirectory: Sendable {
    package let directory: URL
    /// Nil where only the directory's place is known.
    fileprivate let workspace: Workspace?

    package init(directory: URL) { self.init(directory: directory, workspace: nil) }

    fileprivate init(directory: URL, workspace: Workspace?) {
        self.directory = directory
        self.workspace = workspace
    }

    package var lock: URL { directory.appending(path: "manifest.lock.yaml") }
    package var log: URL { directory.appending(path: "log.jsonl") }
    /// Where a part of the run that shares no file system locks with others notes what it does: `log-evaluate-3.jsonl`.
    package func log(of part: String?) -> URL { part.map { directory.appending(path: "log-\($0).jsonl") } ?? log }
    /// How many windows its cells took, where they stop by themselves.
    package var windowsUsed: URL { Self.windowsUsed(besideLock: lock) }
    /// What the report was made of.
    package var reported: URL { directory.appending(path: "reported.sha256") }
    package var report: URL { directory.appending(path: "report") }
    package var name: String { directory.lastPathComponent }
    /// When it began, as its name says, in ISO 8601: `2026-01-31T12:00:00Z`.
    package var startedAt: String {
        let digits = Array(name.prefix { $0 != "-" }.filter(\.isNumber))
        guard digits.count == 14 else { return name }
        let parts = [0..<4, 4..<6, 6..<8, 8..<10, 10..<12, 12..<14].map { String(digits[$0]) }
        return "\(parts[0])-\(parts[1])-\(parts[2])T\(parts[3]):\(parts[4]):\(parts[5])Z"
    }

    /// Where the windows that the cells of a lock took are recorded.
    package static func windowsUsed(besideLock file: URL) -> URL {
        file.deletingLastPathComponent().appending(path: "windows.json")
    }
}

extension Workspace {
    /// The directory of the run that this lock describes: the one it already has, or a new one.
    ///
    /// Asking for the same numbers again goes on where the last run ended, however it ended.
    package func run(of lock: Lock, at time: Date = .now) throws(WorkspaceError) -> RunDirectory {
        if let known = try knownRun(of: lock) { return known }
        let stamp = time.ISO8601Format(.iso8601(timeZone: .gmt, dateSeparator: .omitted, timeSeparator: .omitted))
        let base = "\(stamp)-\(lock.name)"
        let draft = runDirectory(temporary.appending(path: UUID().uuidString, directoryHint: .isDirectory))
        // Where it cannot be removed, 'qid gc' finds it.
        defer { try? removeTree(draft.directory) }
        try WorkspaceError.attempt { () throws(SystemError) in
            try makeDirectory(draft.directory)
            try writeFile(Array(lock.json.yamlText.utf8), to: draft.lock)
        }
        // Another run may begin in the same second, even one of the same lock.
        for name in [base, "\(base)-\(lock.digest.prefix(8))"] {
            let run = runDirectory(runs.appending(path: name, directoryHint: .isDirectory))
            if try publish(directory: draft.directory, at: run.directory) { return run }
            if try run.identity()?.lockDigest == lock.digest { return run }
        }
        throw .conflict(path: runs.appending(path: base).path)
    }

    private func runDirectory(_ place: URL) -> RunDirectory { RunDirectory(directory: place, workspace: self) }

    /// The run that this lock describes, if it has begun.
    package func knownRun(of lock: Lock) throws(WorkspaceError) -> RunDirectory? {
        let digest = lock.digest
        for run in try runDirectories() where try run.identity()?.lockDigest == digest { return run }
        return nil
    }

    /// The run that a lock's file lies in; nil for other files.
    package func run(ofLock file: URL) -> RunDirectory? {
        let directory = file.deletingLastPathComponent()
        let run = runDirectory(directory)
        return run.lock.standardizedFileURL.path == file.standardizedFileURL.path
            && directory.deletingLastPathComponent().standardizedFileURL.path == runs.standardizedFileURL.path
            ? run : nil
    }

    /// All runs, oldest first.
    package func runDirectories() throws(WorkspaceError) -> [RunDirectory] {
        try WorkspaceError.attempt { () throws(SystemError) in
            var runs: [RunDirectory] = []
            for name in try names(in: self.runs) {
                let run = runDirectory(self.runs.appending(path: name, directoryHint: .isDirectory))
                if try exists(run.lock) { runs.append(run) }
            }
            return runs
        }
    }
}

extension RunDirectory {
    /// Writes one of the run's files, in the place of the one that is there.
    package func replace(_ bytes: [UInt8], at place: URL) throws(WorkspaceError) {
        if let workspace { return try workspace.replace(bytes, at: place) }
        try WorkspaceError.attempt { () throws(SystemError) in try replaceFile(bytes, at: place) }
    }

    /// Adds a line to `log.jsonl`, or to the log of a part of the run on another machine: what happened and when.
    package func append(
        _ event: String, _ facts: JSONObject = JSONObject(), part: String? = nil
    ) throws(WorkspaceError) {
        var line = JSONObject([
            .init(key: "time", value: .string(Date.now.ISO8601Format())), .init(key: "event", value: .string(event)),
        ])
        for member in facts.members { line[member.key] = member.value }
        let text = JSONValue.object(line).canonicalText
        try WorkspaceError.attempt { () throws(SystemError) in try appendLine(text, to: log(of: part)) }
    }
}

extension RunDirectory {
    /// All lines of its logs that can be read, in the order in which they were written.
    package func events() throws(WorkspaceError) -> [JSONObject] {
        try WorkspaceError.attempt { () throws(SystemError) in
            var events: [JSONObject] = []
            for name in try names(in: directory).sorted() where name.hasPrefix("log") && name.hasSuffix(".jsonl") {
                let bytes = try readFile(directory.appending(path: name))
                // The last line may be torn by a power cut.
                events += bytes.split(separator: UInt8(ascii: "\n")).compactMap {
                    try? JSONValue(parsing: Array($0)).object
                }
            }
            // Those of one second stay in the order of their file.
            return events.enumerated().sorted { a, b in
                (a.element["time"]?.string ?? "", a.offset) < (b.element["time"]?.string ?? "", b.offset)
            }.map(\.element)
        }
    }
}
