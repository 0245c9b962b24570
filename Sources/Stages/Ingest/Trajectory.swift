import Records

/// The weights of one run's checkpoints in the order of their steps, as samples of them show their distances.
///
/// Training moves weights on: a checkpoint is nearer to those before and after it than these are to each other, about 0.6
/// times as far in runs that are sound, 0.7 for a random walk. One that is `limit` times as far from both of them is of
/// another step or another run; unless those two are much nearer to each other than steps around them, which shows that
/// it is they who hold the weights of one step. The first and the last one have a neighbour on one side only; they are out
/// of line where they are nearer to the far end of the run than their neighbour is.
struct Trajectory {
    private static let limit = 1.25

    private let points: [WeightTraits]

    init(_ points: [WeightTraits]) { self.points = points }

    var count: Int { points.count }

    /// The places that are out of line, each with those that show it.
    var outOfLine: [(place: Int, shownBy: [Int])] {
        guard points.count > 3 else { return [] }
        let last = points.count - 1
        var found: [Int: [Int]] = [:]
        for place in 1..<last {
            guard let before = distance(place - 1, place), let after = distance(place, place + 1),
                let across = distance(place - 1, place + 1), min(before, after) > Self.limit * across
            else { continue }
            if areSuspiciouslyNear(place - 1, place + 1, across) {
                found[place - 1] = found[place - 1] ?? [place + 1]
                found[place + 1] = found[place + 1] ?? [place - 1]
            } else {
                found[place] = [place - 1, place + 1]
            }
        }
        if isFolded(0, inside: 1, far: last) { found[0] = found[0] ?? [1, last] }
        if isFolded(last, inside: last - 1, far: 0) { found[last] = found[last] ?? [last - 1, 0] }
        return found.sorted { $0.key < $1.key }.map { (place: $0.key, shownBy: $0.value) }
    }

    /// Whether two places with one between them are nearer than half of the steps beyond them.
    private func areSuspiciouslyNear(_ first: Int, _ second: Int, _ across: Double) -> Bool {
        let beyond = [(first - 1, first), (second, second + 1)].filter { $0.0 >= 0 && $0.1 < points.count }
            .compactMap { distance($0.0, $0.1) }
        return beyond.min().map { across < $0 / 2 } ?? false
    }

    /// Whether an end of the run is nearer to its other end than its neighbour is.
    private func isFolded(_ end: Int, inside neighbour: Int, far: Int) -> Bool {
        guard let own = distance(end, far), let others = distance(neighbour, far), let apart = distance(end, neighbour)
        else { return false }
        return Self.limit * own < others && apart > own
    }

    private func distance(_ first: Int, _ second: Int) -> Double? { points[first].distance(to: points[second]) }
}
