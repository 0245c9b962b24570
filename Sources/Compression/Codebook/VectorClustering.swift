import Kernels
import Mathematics

/// k-means of vectors: Lloyd's iterations from k-means++ (Arthur and Vassilvitskii 2007), the same for any number of threads.
///
/// Minimizes Σ weight·‖x − nearest‖². The first centres are drawn from at most 2¹⁶ points that lie evenly apart, by a
/// generator with a fixed seed. It ends when an iteration takes less than 10⁻⁴ off the error, or after 100. A centre
/// without points stays where it is. Sums are of parts of 4096 points, added in their order. Which centre is nearest is
/// found among neighbours (`PointLeaves`).
struct VectorClustering: Sendable {
    /// Vectors one after the other, and a weight for each.
    private let points: RowTable<Float>
    private let weights: RowTable<Float>
    private let leaves: PointLeaves
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
        leaves = PointLeaves(points, length: length)
    }

    /// The nearest of some centres for each point.
    func codes(_ centres: [Float]) -> RowTable<UInt8> { leaves.nearest(NearestCentre(centres, length: length)) }

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
        let codes = leaves.nearest(nearest)
        let empty = Sums(
            weights: [Double](repeating: 0, count: nearest.count),
            vectors: [Double](repeating: 0, count: nearest.count * length))
        let parts = Parallel.map((count + Self.part - 1) / Self.part) { task in
            points.readAll { points in
                weights.readAll { weights in
                    codes.readAll { codes in
                        var sums = empty
                        for point in task * Self.part..<min(count, (task + 1) * Self.part) {
                            let vector = points.extracting(point * length..<(point + 1) * length)
                            let (centre, weight) = (Int(codes[point]), Double(weights[point]))
                            sums.weights[centre] += weight
                            sums.error += weight * Double(nearest.distance(vector, from: centre))
                            for index in vector.indices {
                                sums.vectors[centre * length + index] += weight * Double(vector[index])
                            }
                        }
                        return sums
                    }
                }
            }
        }
        return parts.reduce(into: empty) { total, part in
            for index in part.weights.indices { total.weights[index] += part.weights[index] }
            for index in part.vectors.indices { total.vectors[index] += part.vectors[index] }
            total.error += part.error
        }
    }

    /// k-means++: each further centre is a point, drawn by weight times squared distance from the centres so far.
    private func seeds(_ wanted: Int) -> [Float] {
        let sample = SeedSample(points, weights: weights, length: length, limit: Self.sample)
        var random = RandomNumbers(seed: 0x5eed)
        var chosen = sample.count / 2
        var centres = sample.vector(chosen)
        var distances = [SIMD8<Float>](repeating: SIMD8(repeating: .infinity), count: (sample.count + 7) / 8)
        var cumulated = [Double](repeating: 0, count: sample.count)
        while centres.count < wanted * length {
            sample.approach(chosen, &distances, &cumulated)
            let drawn = random.uniform() * (cumulated.last ?? 0)
            chosen = sample.first(above: drawn, in: cumulated.span)
            centres += sample.vector(chosen)
        }
        return centres
    }
}
