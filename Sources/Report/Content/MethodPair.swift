internal import Compression
internal import Presentation
internal import Records

/// Two methods in all cells in which nothing but the method differs: who loses less, and how often.
struct MethodPair: Sendable, Equatable {
    /// The one that wins more often.
    let method: String
    let other: String
    /// What the cells have in common, `asym-g16`, each once.
    let forms: [String]
    /// By bits, the most first.
    let counts: [Count]
    /// Bits per weight that the first stores beyond the other, the mean over the cells.
    let extraBitsPerWeight: Double

    /// The cells of one bit width.
    struct Count: Sendable, Equatable {
        let bits: Double
        let cells: Int
        /// Cells in which the first method's QiD is lower, and those in which both are the same.
        let wins: Int
        let ties: Int
    }

    /// Every pair of methods that share cells: those with plain rounding or plain pruning first, then by name.
    static func pairs(_ cells: [MeasuredCell]) -> [MethodPair] {
        struct Match: Hashable {
            let place: String
            let setting: Spec.Setting
        }
        var groups: [Match: [(spec: ComparedSpec, cell: MeasuredCell)]] = [:]
        let compared = ComparedSpec.specs(of: cells)
        for cell in cells {
            guard let spec = compared[cell.spec.name] else { continue }
            let match = Match(place: cell.place, setting: cell.spec.setting)
            guard groups[match]?.contains(where: { $0.spec.method == spec.method }) != true else { continue }
            groups[match, default: []].append((spec, cell))
        }
        var duels: [[String]: [Duel]] = [:]
        for group in groups.values {
            let sorted = group.sorted { $0.spec.method < $1.spec.method }
            for (place, first) in sorted.enumerated() {
                for second in sorted[(place + 1)...] {
                    let names = [first.spec.method, second.spec.method]
                    duels[names, default: []].append(
                        Duel(form: first.cell.spec.form, first: first.cell, second: second.cell))
                }
            }
        }
        return duels.map { MethodPair($0.key, $0.value) }.sorted { ($0.rank, $0.names) < ($1.rank, $1.names) }
    }

    private struct Duel {
        let form: String
        let first: MeasuredCell
        let second: MeasuredCell

        var turned: Duel { Duel(form: form, first: second, second: first) }
    }

    private init(_ names: [String], _ duels: [Duel]) {
        let wins = duels.count { $0.first.qid < $0.second.qid }
        let losses = duels.count { $0.first.qid > $0.second.qid }
        let isTurned = wins < losses || wins == losses && Self.plain.contains(names[0])
        (method, other) = isTurned ? (names[1], names[0]) : (names[0], names[1])
        let ordered = isTurned ? duels.map(\.turned) : duels
        forms = Set(duels.map(\.form)).sorted()
        counts = Set(duels.map(\.first.bits)).sorted(by: >).map { bits in
            let cells = ordered.filter { $0.first.bits == bits }
            return Count(
                bits: bits, cells: cells.count, wins: cells.count { $0.first.qid < $0.second.qid },
                ties: cells.count { $0.first.qid == $0.second.qid })
        }
        // Summed in order of size, so that the order in which cells came does not matter.
        let extra = ordered.map { $0.first.bitsPerWeight - $0.second.bitsPerWeight }.sorted()
        extraBitsPerWeight = extra.reduce(0, +) / Double(extra.count)
    }

    /// Methods without data or search, which others are usually compared with.
    private static let plain = ["rtn", "magnitude"]

    private var rank: Int {
        Self.plain.firstIndex { $0 == method || $0 == other } ?? Self.plain.count
    }
    private var names: String { [method, other].sorted().joined(separator: " ") }
}

extension MethodPair {
    /// The pair's result in a sentence.
    ///
    /// `gptq beats rtn in 27 of 27 cells at 3 bits and in 26 of 27 at 2 bits (asym-g16), storing 1.00 bits per weight
    /// more.`
    var sentence: String {
        let ties = counts.reduce(0) { $0 + $1.ties }
        let all = counts.reduce(0) { $0 + $1.cells }
        let places = forms.filter { !$0.isEmpty }
        let scope = places.isEmpty ? "" : " (\(places.joined(separator: ", ")))"
        guard ties < all else { return "\(method) and \(other) come to the same in \(all) of \(all) cells\(scope)." }
        let parts = counts.enumerated().map { place, count in
            "in \(count.wins) of \(count.cells)\(place == 0 ? " cells" : "") at \(Figures.bits(count.bits)) bits"
                + (count.ties == 0 ? "" : " (\(count.ties) equal)")
        }
        return "\(method) beats \(other) \(Self.list(parts))\(scope)\(storage)."
    }

    private var storage: String {
        let extra = Figures.fixed(extraBitsPerWeight.magnitude, decimals: 2)
        guard extra != "0.00" else { return "" }
        return ", storing \(extra) bits per weight \(extraBitsPerWeight > 0 ? "more" : "less")"
    }

    static func list(_ items: [String]) -> String {
        guard let last = items.last, items.count > 1 else { return items.first ?? "" }
        return items.dropLast().joined(separator: ", ") + " and " + last
    }
}
