/// One-dimensional k-means, solved exactly: the k levels with the least Σ weight·(x − nearest level)².
///
/// Clusters on a line are intervals, so dynamic programming finds them: least(c, j) = min over i of least(c − 1, i) +
/// spread(i, j). The best i rises with j, by which each c takes O(m log m) steps for m cells (divide and conquer; Wang and
/// Song, R Journal 2011, and Grønlund et al., 1701.07204). Of equally good intervals the first is taken.
enum LevelClustering {
    /// The levels in rising order; the last one is repeated where there are fewer distinct values than levels.
    static func levels(_ points: WeightedPoints, count: Int) -> [Float] {
        let used = min(count, points.count)
        guard used > 0 else { return [Float](repeating: 0, count: count) }
        var search = Search(points, clusters: used)
        search.run()
        let levels = search.means()
        return levels + [Float](repeating: levels[used - 1], count: count - used)
    }

    private struct Search {
        private let points: WeightedPoints
        private let clusters: Int
        private let size: Int
        private var least: [Double]
        private var next: [Double]
        /// For each number of clusters and each end, where the last cluster begins.
        private var starts: [UInt16]

        init(_ points: WeightedPoints, clusters: Int) {
            self.points = points
            self.clusters = clusters
            size = points.count + 1
            least = (0..<size).map { $0 == 0 ? 0 : points.spread(0, $0) }
            next = [Double](repeating: 0, count: size)
            starts = [UInt16](repeating: 0, count: size * clusters)
        }

        mutating func run() {
            for cluster in 1..<max(1, clusters) {
                fill(cluster, cluster + 1..<size, cluster..<size)
                swap(&least, &next)
            }
        }

        /// Solves the ends of a range, knowing where their last cluster may begin.
        private mutating func fill(_ cluster: Int, _ ends: Range<Int>, _ candidates: Range<Int>) {
            guard !ends.isEmpty else { return }
            let end = (ends.lowerBound + ends.upperBound) / 2
            var (best, start) = (Double.infinity, candidates.lowerBound)
            for candidate in candidates.lowerBound..<min(end, candidates.upperBound) {
                let cost = least[candidate] + points.spread(candidate, end)
                if cost < best { (best, start) = (cost, candidate) }
            }
            next[end] = best
            starts[cluster * size + end] = UInt16(truncatingIfNeeded: start)
            fill(cluster, ends.lowerBound..<end, candidates.lowerBound..<start + 1)
            fill(cluster, end + 1..<ends.upperBound, start..<candidates.upperBound)
        }

        func means() -> [Float] {
            var (levels, end) = ([Float](), size - 1)
            for cluster in (0..<clusters).reversed() {
                let start = cluster == 0 ? 0 : Int(starts[cluster * size + end])
                levels.append(Float(points.mean(start, end)))
                end = start
            }
            return levels.reversed()
        }
    }
}
