import Archive
import Checkpoint
import FoundationEssentials
import Pipeline
import Presentation
import Records

/// One line of `archives`.
struct StartArchive {
    let path: URL
    let family: String
    let places: [AuditedPlace]
    /// One checkpoint of each size among those that can be opened where they lie.
    let samples: [Checkpoint]

    var checkpoints: [AuditedPlace] { places.filter { $0.problem == nil } }

    init(_ path: URL, _ request: StartRequest) throws(StageError) {
        (self.path, family) = (path, request.family ?? Self.family(of: path.lastPathComponent))
        let rule = IngestRule(family: family, tokensPerStep: request.tokensPerStep.map { TokensPerStep($0) })
        let search = try ArchiveSearch([IngestRequest(archive: path, rule: rule, steps: nil)], in: nil)
        var (places, samples, sizes): ([AuditedPlace], [Checkpoint], Set<String>) = ([], [], [])
        for item in search.items {
            let place = try AuditedPlace(unread: item, in: nil)
            places.append(place)
            guard let size = place.size, place.problem == nil,
                sizes.insert("\(place.architecture ?? "") \(size.nonEmbeddingParameters)").inserted
            else { continue }
            samples.append(
                try attempt { () throws(CheckpointError) in try Checkpoint(directory: item.source.location) })
        }
        (self.places, self.samples) = (places, samples)
    }

    /// The name of a folder or repository without the organization and the size: `models--EleutherAI--pythia-70m` is of
    /// pythia.
    private static func family(of name: String) -> String {
        let name = HubRepository.name(ofFolder: name)?.split(separator: "/").last.map(String.init) ?? name
        let parts = name.split(separator: "-").prefix { part in
            guard let unit = part.last?.lowercased() else { return true }
            return !(["k", "m", "b", "t"].contains(unit) && Double(part.dropLast()) != nil)
        }
        return parts.isEmpty ? name : parts.joined(separator: "-")
    }

    /// What lies there, in a line.
    var summary: String {
        let found = checkpoints
        var parts = ["\(found.count) \(found.count == 1 ? "checkpoint" : "checkpoints")"]
        let sizes = found.compactMap { $0.size.map { Double($0.nonEmbeddingParameters) } }
        let tokens = found.compactMap { $0.facts.tokens.map(Double.init) }
        if let range = Self.range(sizes) { parts.append("N \(range)") }
        if let range = Self.range(tokens) { parts.append("D \(range)") }
        let packed = found.count { $0.size == nil }
        if packed > 0 { parts.append("\(packed) packed: what is in them is known when they are unpacked") }
        let unknown = found.count { $0.facts.tokens == nil }
        if unknown > 0 { parts.append("D of \(unknown) unknown: 'tokens_per_step' or a table 'tokens' says it") }
        let bad = places.count - found.count
        if bad > 0 { parts.append("\(bad) cannot be measured: 'qid ingest --dry-run' says why") }
        return parts.joined(separator: "; ")
    }

    private static func range(_ values: [Double]) -> String? {
        guard let low = values.min(), let high = values.max() else { return nil }
        return low == high ? Figures.count(low) : "\(Figures.count(low)) to \(Figures.count(high))"
    }
}
