import Foundation
import System

/// A disk as a power cut may leave it: what was done to it so far, and what of that is certain.
///
/// Certain is what a file held when it was synced, and which names a directory held when that was synced; a rename is certain
/// in both directories at once. Of all else, anything may be there or not: this is less than file systems promise.
struct DiskModel {
    /// What of the uncertain is there after a cut.
    enum Outcome: CaseIterable {
        /// Nothing.
        case certainAlone
        /// All names, and no bytes.
        case names
        /// Each name and each write by the toss of a coin, the last of them perhaps torn.
        case tossed
    }

    private enum Node {
        case file(FileHistory)
        case directory
        case link(String)
    }

    private struct FileHistory {
        var writes: [(change: Change, isCertain: Bool)] = []

        enum Change {
            case bytes(ArraySlice<UInt8>, at: Int)
            case size(Int)
        }
    }

    /// Names that one call changed, together.
    private struct Naming {
        var changes: [(path: String, node: Int?)]
        var isCertain = false
    }

    private var nodes: [Node] = [.directory]
    private var fileByInode: [Int: Int] = [:]
    private var nodeByPath: [String: Int] = [:]
    private var namings: [Naming] = []
    private let root: String

    init(root: String) { self.root = root }

    /// Does what a recorded call did.
    mutating func apply(_ call: RecordedCall) {
        switch call.kind {
        case "C": create(.file(FileHistory()), at: call.path, inode: call.inode)
        case "M": create(.directory, at: call.path)
        case "Y": create(.link(call.other), at: call.path)
        case "W": change(call.inode, .bytes(call.data, at: call.number))
        case "T": change(call.inode, .size(call.number))
        case "S": synchronize(call)
        case "L": name([(call.other, nodeByPath[call.path])])
        case "U", "X": name([(call.path, nil)])
        case "R": rename(call.path, call.other)
        default: break
        }
    }

    private mutating func create(_ node: Node, at path: String, inode: Int = 0) {
        nodes.append(node)
        if inode != 0 { fileByInode[inode] = nodes.count - 1 }
        name([(path, nodes.count - 1)])
    }

    private mutating func name(_ changes: [(path: String, node: Int?)]) {
        for change in changes { nodeByPath[change.path] = change.node }
        namings.append(Naming(changes: changes))
    }

    /// What lies in a directory goes with it, and is as certain as it was.
    private mutating func rename(_ old: String, _ new: String) {
        let node = nodeByPath[old]
        for (path, inner) in nodeByPath where path.hasPrefix(old + "/") {
            nodeByPath[path] = nil
            nodeByPath[new + path.dropFirst(old.count)] = inner
        }
        for index in namings.indices {
            for place in namings[index].changes.indices where namings[index].changes[place].path.hasPrefix(old + "/") {
                let path = namings[index].changes[place].path
                namings[index].changes[place].path = new + path.dropFirst(old.count)
            }
        }
        name([(old, nil), (new, node)])
    }

    private mutating func change(_ inode: Int, _ change: FileHistory.Change) {
        guard let index = fileByInode[inode], case .file(var file) = nodes[index] else { return }
        file.writes.append((change, false))
        nodes[index] = .file(file)
    }

    private mutating func synchronize(_ call: RecordedCall) {
        if let index = nodeByPath[call.path], case .file(var file) = nodes[index] {
            for write in file.writes.indices { file.writes[write].isCertain = true }
            nodes[index] = .file(file)
            return
        }
        for index in namings.indices
        where namings[index].changes.contains(where: { Self.folder(of: $0.path) == call.path }) {
            namings[index].isCertain = true
        }
    }

    private static func folder(of path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    /// What is there after a cut: files with their bytes, links and directories, by their paths.
    func state(_ outcome: Outcome, _ random: inout some RandomNumberGenerator) -> [String: DiskEntry] {
        var paths: [String: Int] = [:]
        for naming in namings {
            let isThere = naming.isCertain || outcome == .names || (outcome == .tossed && Bool.random(using: &random))
            guard isThere else { continue }
            for change in naming.changes { paths[change.path] = change.node }
        }
        var entries: [String: DiskEntry] = [:]
        for (path, node) in paths where isReachable(path, paths) {
            switch nodes[node] {
            case .directory: entries[path] = .directory
            case .link(let target): entries[path] = .link(target)
            case .file(let file): entries[path] = .file(Self.bytes(of: file, outcome, &random))
            }
        }
        return entries
    }

    private func isReachable(_ path: String, _ paths: [String: Int]) -> Bool {
        let folder = Self.folder(of: path)
        return folder == root || (paths[folder] != nil && isReachable(folder, paths))
    }

    private static func bytes(
        of file: FileHistory, _ outcome: Outcome, _ random: inout some RandomNumberGenerator
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        for (change, isCertain) in file.writes {
            guard isCertain || (outcome == .tossed && Bool.random(using: &random)) else { continue }
            switch change {
            case .size(let size):
                bytes = Array(bytes.prefix(size)) + Array(repeating: 0, count: max(0, size - bytes.count))
            case .bytes(let data, let offset):
                // A block is written whole or not at all.
                let blocks = (data.count + 511) / 512
                let whole = isCertain ? blocks : Int.random(in: 0...blocks, using: &random)
                let written = data.prefix(whole * 512)
                let end = offset + written.count
                if bytes.count < end { bytes += Array(repeating: 0, count: end - bytes.count) }
                bytes.replaceSubrange(offset..<end, with: written)
            }
        }
        return bytes
    }
}

/// What has a name on a disk.
enum DiskEntry {
    case file([UInt8])
    case directory
    case link(String)
}

/// A call that changed the disk, as the shim writes it down.
struct RecordedCall {
    let kind: Character
    let inode: Int
    /// An offset or a size.
    let number: Int
    let path: String
    let other: String
    let data: ArraySlice<UInt8>

    /// Reads what the shim wrote.
    static func calls(in log: [UInt8]) throws -> [RecordedCall] {
        var (calls, place): ([RecordedCall], Int) = ([], 0)
        while place < log.count {
            guard let end = log[place...].firstIndex(of: 10) else { break }
            let fields = String(decoding: log[place..<end], as: UTF8.self)
                .split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count == 6, let kind = fields[0].first, let inode = Int(fields[1]),
                let number = Int(fields[2]),
                let length = Int(fields[3]), end + 1 + length <= log.count
            else { throw FaultShim.Failure(description: "the shim's log cannot be read at byte \(place)") }
            let data = log[(end + 1)..<(end + 1 + length)]
            calls.append(
                RecordedCall(
                    kind: kind, inode: inode, number: number, path: String(fields[4]), other: String(fields[5]),
                    data: data))
            place = end + 1 + length
        }
        return calls
    }
}
