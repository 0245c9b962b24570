/// Which points are resampled together, as what is odd about one is odd about the others.
///
/// Checkpoints of one training run share its weights and the order of its text: residuals correlate from step to step,
/// and a run has a constant and a slope of its own. So points of a run go together where there are three runs or more;
/// the corrections for few clusters (`ClusterDegrees`) make intervals of three to five as wide as they have to be. Of
/// fewer runs, two neighbouring checkpoints of a run go together, and intervals are of these runs. Losses are of models
/// each trained by itself, unless points say of which run they are.
struct Clusters: Sendable {
    let numbers: [Int]
    let count: Int
    let unit: Fit.ClusterUnit

    private static let enoughRuns = 3

    init(_ points: [Point], quantity: Quantity) {
        let runs = points.map { Run($0, quantity) }
        let known = Set(runs.compactMap(\.self))
        if known.count >= Self.enoughRuns, !runs.contains(nil) {
            (numbers, count) = Self.numbers(runs)
            unit = .runs
        } else if quantity.isDegradation {
            (numbers, count) = Self.numbers(Self.neighbours(points, runs))
            unit = .neighbours
        } else {
            (numbers, count) = Self.numbers(points.enumerated().map { $1.checkpoint ?? "point \($0)" })
            unit = points.contains { $0.checkpoint != nil } ? .checkpoints : .points
        }
    }

    /// A training run: its label, or else family and size, as one run has been made of each.
    struct Run: Hashable {
        var series: String?
        var family: String?
        var params: Double?

        /// Nil for the loss of a model of which no run is named.
        init?(_ point: Point, _ quantity: Quantity) {
            if let name = point.series {
                series = name
            } else if quantity.isDegradation {
                (family, params) = (point.family, point.conditions.params)
            } else {
                return nil
            }
        }
    }

    private struct Pair: Hashable {
        let run: Run?
        let number: Int
    }

    /// Each point's run with the number of the pair of checkpoints, in the order of tokens.
    private static func neighbours(_ points: [Point], _ runs: [Run?]) -> [Pair] {
        var tokens: [Run?: [Double]] = [:]
        for (point, run) in zip(points, runs) where tokens[run]?.contains(point.conditions.tokens) != true {
            tokens[run, default: []].append(point.conditions.tokens)
        }
        tokens = tokens.mapValues { $0.sorted() }
        return zip(points, runs).map { point, run in
            Pair(run: run, number: (tokens[run]?.firstIndex(of: point.conditions.tokens) ?? 0) / 2)
        }
    }

    private static func numbers<Key: Hashable>(_ keys: [Key]) -> ([Int], Int) {
        var known: [Key: Int] = [:]
        let numbers = keys.map { key in
            let number = known[key] ?? known.count
            known[key] = number
            return number
        }
        return (numbers, known.count)
    }
}
