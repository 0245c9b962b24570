import Archive
import FoundationEssentials
import Pipeline
import Records

/// What archives hold now: checkpoints, what looks like one and is none, and archives that cannot be looked through.
struct ArchiveSearch {
    private(set) var items: [IngestItem] = []
    private(set) var skipped: [(archive: URL, path: SkippedPath)] = []
    /// Of several archives one may be missing; the others can be looked through.
    private(set) var unreachable: [StageError] = []

    /// Looks through archives; of a single one an error is thrown.
    ///
    /// `workspace` knows places that have not changed.
    init(_ requests: [IngestRequest], in workspace: Workspace?) throws(StageError) {
        var ranges: [Range<Int>] = []
        for request in requests {
            let start = items.count
            do throws(StageError) { try search(request, workspace) } catch {
                guard requests.count > 1 else { throw error }
                unreachable.append(error)
            }
            ranges.append(start..<items.count)
        }
        tellApart(requests, ranges)
    }

    private mutating func search(_ request: IngestRequest, _ workspace: Workspace?) throws(StageError) {
        let archive = request.archive
        guard try exists(archive) else { throw .missing(path: archive.path, what: "it is an archive to look through") }
        let discovery = try attempt { () throws(ArchiveError) in
            try Discovery(root: archive, naming: request.rule.naming)
        }
        skipped += discovery.skipped.map { (archive, $0) }
        for source in discovery.sources {
            let fingerprint: SourceFingerprint
            do throws(ArchiveError) { fingerprint = try source.fingerprint() } catch {
                // One place that cannot be looked at must not stop the others.
                guard case .system(let error) = error else { throw .archive(error) }
                skipped.append((archive, SkippedPath(name: source.name, reason: .unreadable(error))))
                continue
            }
            let item = try IngestItem(source, fingerprint, request, in: workspace)
            if let steps = request.steps {
                guard let step = item.facts.step, steps.contains(step) else { continue }
            }
            items.append(item)
        }
    }

    /// Runs of different archives that are called the same get the names of folders above, until they differ.
    private mutating func tellApart(_ requests: [IngestRequest], _ ranges: [Range<Int>]) {
        var archives: [String: Set<String>] = [:]
        for (request, range) in zip(requests, ranges) {
            for item in items[range] where !item.source.isOfRepository {
                archives[item.series, default: []].insert(request.archive.path)
            }
        }
        for (request, range) in zip(requests, ranges) {
            for index in range where !items[index].source.isOfRepository {
                guard let others = archives[items[index].series], others.count > 1 else { continue }
                let prefix = Self.shortestName(of: request.archive.path, among: others)
                let series = items[index].series
                items[index].series = prefix.hasSuffix("/" + series) ? prefix : "\(prefix)/\(series)"
            }
        }
    }

    /// The last components of a path that no other path ends in.
    private static func shortestName(of path: String, among paths: Set<String>) -> String {
        let components = path.split(separator: "/")
        for count in 1...max(1, components.count) {
            let name = components.suffix(count).joined(separator: "/")
            if paths.count(where: { $0.hasSuffix("/" + name) }) == 1 { return name }
        }
        return path
    }
}
