import Kernels
import Mathematics

/// k-means of vectors: Lloyd's iterations from k-means++ (Arthur and Vassilvitskii 2007), the same for any number of threads.
///
/// Minimizes Σ weight·‖x − nearest‖². The first centres are drawn from at most 2¹⁶ points that lie evenly apart, by a
/// generator with a fixed seed. It ends when an iteration takes less than 10⁻⁴ off the error, or after 100. A centre
/// without points stays where it is. Sums are of parts of 4096 points, added in their order.
struct VectorClustering: Sendable {
    /// Vectors one after the other, and a weight for each.
    private let points: RowTable<Float>
    private let weights: RowTable<Float>
    private let count: Int
    private let length: Int

    private static let part = 4096
    private static let sample = 1 << 16
    private static let iterations = 100
    private static let tolerance = 1e-4

    init(_ points: RowTable<Float>, weights: RowTable<Float>, length: Int) {
        precondition(points.columns == weights.columns * length && points.rows == weights.rows)
        (self.points, self.weights, self.length) = (points, weights, length)
        count = weights.rows * weights.columns
    }

    /// So many centres one after the other.
    func centres(_ wanted: Int) -> [Float] {
        var centres = seeds(wanted)
        var error = Double.infinity
        for _ in 0..<Self.iterations {
            let sums = sums(NearestCentre(centres, length: length))
            for centre in 0..<wanted where sums.weights[centre] > 0 {
                for index in 0..<length {
                    let place = centre * length + index
                    centres[place] = Float(sums.vectors[place] / sums.weights[centre])
                }
            }
            guard sums.error < error * (1 - Self.tolerance) else { break }
            error = sums.error
        }
        return centres
    }

    private struct Sums: Sendable {
        var weights: [Double]
        var vectors: [Double]
        var error = 0.0
    }

    private func sums(_ nearest: NearestCentre) -> Sums {
        let empty = Sums(
            weights: [Double](repeating: 0, count: nearest.count),
            vectors: [Double](repeating: 0, count: nearest.count * length))
        let parts = Parallel.map((count + Self.part - 1) / Self.part) { task in
            points.readAll { points in
                weights.readAll { weights in
                    var sums = empty
                    for point in task * Self.part..<min(count, (task + 1) * Self.part) {
                        let vector = points.extracting(point * length..<(point + 1) * length)
                        let (centre, distance) = nearest.find(vector)
                        let weight = Double(weights[point])
                        sums.weights[centre] += weight
                        sums.error += weight * Double(distance)
                        for index in vector.indices {
                            sums.vectors[centre * length + index] += weight * Double(vector[index])
                        }
                    }
                    return sums
                }
            }
        }
        return parts.reduce(into: empty) { total, part in
            for index in part.weights.indices { total.weights[index] += part.weights[index] }
            for index in part.vectors.indices { total.vectors[index] += part.vectors[index] }
            total.error += part.error
        }
    }

    private func seeds(_ wanted: Int) -> [Float] {
        points.readAll { points in weights.readAll { seeds(wanted, points, $0) } }
    }

    /// k-means++: each further centre is a point, drawn by weight times squared distance from the centres so far.
    private func seeds(_ wanted: Int, _ points: Span<Float>, _ weights: Span<Float>) -> [Float] {
        let (sampled, length, count) = (min(count, Self.sample), length, count)
        func point(_ index: Int) -> Int { index * count / sampled }
        func vector(_ index: Int) -> [Float] { (index * length..<(index + 1) * length).map { points[$0] } }
        var random = RandomNumbers(seed: 0x5eed)
        var centres = vector(point(sampled / 2))
        var distances = [Float](repeating: .infinity, count: sampled)
        while centres.count < wanted * length {
            let last = Array(centres.suffix(length))
            var cumulated = [Double](repeating: 0, count: sampled)
            var total = 0.0
            for index in 0..<sampled {
                let place = point(index)
                var squared: Float = 0
                for coordinate in 0..<length {
                    let difference = points[place * length + coordinate] - last[coordinate]
                    squared += difference * difference
                }
                distances[index] = min(distances[index], squared)
                total += Double(distances[index]) * Double(weights[place])
                cumulated[index] = total
            }
            let drawn = random.uniform() * total
            let chosen = cumulated.firstIndex { $0 > drawn } ?? 0
            centres += vector(point(chosen))
        }
        return centres
    }
}

/// Finds the nearest of some centres, eight at a time; of equally near ones the first.
struct NearestCentre: Sendable {
    let count: Int
    private let length: Int
    private let blocks: Int
    /// For each eight centres: −½‖c‖², then their coordinates, lane by lane.
    private let lanes: [SIMD8<Float>]

    init(_ centres: [Float], length: Int) {
        count = centres.count / length
        self.length = length
        blocks = (count + 7) / 8
        var lanes: [SIMD8<Float>] = []
        for block in 0..<blocks {
            var (norms, coordinates) = (
                SIMD8<Float>(repeating: -.infinity), [SIMD8<Float>](repeating: .zero, count: length)
            )
            for lane in 0..<min(8, count - block * 8) {
                let centre = (block * 8 + lane) * length
                norms[lane] = centres[centre..<centre + length].reduce(0) { $0 - $1 * $1 } / 2
                for index in 0..<length { coordinates[index][lane] = centres[centre + index] }
            }
            lanes.append(norms)
            lanes += coordinates
        }
        self.lanes = lanes
    }

    /// The centre with the greatest x·c − ½‖c‖², and its squared distance.
    func find(_ vector: Span<Float>) -> (centre: Int, distance: Float) {
        let lanes = lanes.span
        var (best, index) = (SIMD8<Float>(repeating: -.greatestFiniteMagnitude), SIMD8<Int32>.zero)
        for block in 0..<blocks {
            let own = block * (length + 1)
            var value = lanes[own]
            for coordinate in 0..<length {
                value += lanes[own + 1 + coordinate] * SIMD8(repeating: vector[coordinate])
            }
            let better = best.isBelow(value)
            best = best.choosing(value, where: better)
            index = index.choosing(SIMD8(repeating: Int32(truncatingIfNeeded: block)), where: better)
        }
        var chosen = 0
        for lane in 1..<8 {
            let isEarlier = index[lane] < index[chosen]
            if best[lane] > best[chosen] || (best[lane] == best[chosen] && isEarlier) { chosen = lane }
        }
        let norm = vector.indices.reduce(Float(0)) { $0 + vector[$1] * vector[$1] }
        return (Int(index[chosen]) * 8 + chosen, max(0, norm - 2 * best[chosen]))
    }
}
