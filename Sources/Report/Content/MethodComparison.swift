internal import Compression
internal import Records

/// Every spec at the checkpoints at which all of them were measured: bits, QiD, and which of them lie on the front.
///
/// QiD grows with training and falls with size, so means compare specs only over the same checkpoints. These are at
/// least half as many as the spec with the most has; specs that were not measured at all of them are left out.
struct MethodComparison {
    /// By stored bits, then by QiD.
    let members: [Member]
    /// Checkpoints that all members share, of how many that any spec was measured at.
    let placeCount: Int
    let allPlaceCount: Int
    /// Specs that share too few checkpoints with the others, by name.
    let leftOut: [String]

    struct Member: Sendable, Equatable {
        let spec: ComparedSpec
        /// P, nominal bits per weight.
        let bits: Double
        /// As stored, the mean over the checkpoints.
        let bitsPerWeight: Double
        /// The mean over the checkpoints, in nats per token, and its ends.
        let qid: Double
        let lowest: Double
        let highest: Double
        /// Of the one measurement; nil for several, whose errors share their text.
        let stderr: Double?
        /// Whether no other member has as few bits and a lower mean, or fewer bits and the same.
        var isOnFront = false
        /// At how many of the checkpoints by themselves no other member is better in that way.
        var frontCount = 0
    }

    /// Nil for fewer than two specs.
    init?(_ cells: [MeasuredCell]) {
        var bySpec: [String: [String: MeasuredCell]] = [:]
        for cell in cells where bySpec[cell.spec.name]?[cell.place] == nil {
            bySpec[cell.spec.name, default: [:]][cell.place] = cell
        }
        allPlaceCount = Set(cells.map(\.place)).count
        let kept = Self.comparable(bySpec.mapValues { Set($0.keys) })
        guard kept.specs.count > 1 else { return nil }
        leftOut = bySpec.keys.filter { !kept.specs.contains($0) }.sorted()
        placeCount = kept.places.count
        let places = kept.places.sorted()
        let compared = ComparedSpec.specs(of: cells)
        var members = kept.specs.sorted().compactMap { spec in
            compared[spec].flatMap { Member($0, places.compactMap { bySpec[spec]?[$0] }) }
        }
        members.sort { ($0.bitsPerWeight, $0.qid, $0.spec.name) < ($1.bitsPerWeight, $1.qid, $1.spec.name) }
        for index in Self.front(members.map { ($0.bitsPerWeight, $0.qid) }) { members[index].isOnFront = true }
        for place in places {
            let points = members.map { member in
                bySpec[member.spec.name]?[place].map { ($0.bitsPerWeight, $0.qid) } ?? (.infinity, .infinity)
            }
            for index in Self.front(points) { members[index].frontCount += 1 }
        }
        self.members = members
    }

    var front: [Member] { members.filter(\.isOnFront) }

    /// The specs to compare and the places that all of them have: as many specs as there are with half of the places that
    /// one has, and of equally many those with more places.
    private static func comparable(_ places: [String: Set<String>]) -> (specs: Set<String>, places: Set<String>) {
        let most = places.values.map(\.count).max() ?? 0
        // Names settle ties, so that equal contents give equal reports.
        let sets = places.sorted { $0.key < $1.key }.map(\.value)
        let common = sets.first.map { sets.reduce($0) { $0.intersection($1) } } ?? []
        var best: (specs: Set<String>, places: Set<String>) = ([], [])
        var seen: Set<Set<String>> = []
        for candidate in [common] + sets where candidate.count * 2 >= most && seen.insert(candidate).inserted {
            let specs = Set(places.filter { candidate.isSubset(of: $0.value) }.keys)
            if (specs.count, candidate.count) > (best.specs.count, best.places.count) { best = (specs, candidate) }
        }
        return best
    }

    /// The places of the points that no other dominates, by bits.
    private static func front(_ points: [(bits: Double, qid: Double)]) -> [Int] {
        let order = points.indices.sorted {
            (points[$0].bits, points[$0].qid, $0) < (points[$1].bits, points[$1].qid, $1)
        }
        var lowest = Double.infinity
        return order.filter { index in
            guard points[index].qid < lowest else { return false }
            lowest = points[index].qid
            return true
        }
    }
}

extension MethodComparison.Member {
    /// The means over cells of one spec; nil without any.
    fileprivate init?(_ spec: ComparedSpec, _ cells: [MeasuredCell]) {
        guard let first = cells.first else { return nil }
        self.spec = spec
        bits = first.bits
        bitsPerWeight = cells.reduce(0) { $0 + $1.bitsPerWeight } / Double(cells.count)
        qid = cells.reduce(0) { $0 + $1.qid } / Double(cells.count)
        lowest = cells.map(\.qid).min() ?? first.qid
        highest = cells.map(\.qid).max() ?? first.qid
        stderr = cells.count == 1 ? first.degradation.qidStderr : nil
    }
}
