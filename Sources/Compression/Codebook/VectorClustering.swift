import Kernels
import Mathematics

/// k-means of vectors: Lloyd's iterations from k-means++ (Arthur and Vassilvitskii 2007), the same for any number of threads.
///
/// Minimizes Σ weight·‖x − nearest‖². The first centres are drawn from at most 2¹⁶ points that lie evenly apart, by a
/// generator with a fixed seed. It ends when an iteration takes less than 10⁻⁴ off the error, or after 100. A centre
/// without points stays where it is. Sums are of parts of 4096 points, added in their order. Which centre is nearest is
/// looked for around the one that was (`NearestCentres`).
struct VectorClustering: Sendable {
    /// Vectors one after the other, and a weight for each.
    private let points: RowTable<Float>
    private let weights: RowTable<Float>
    /// The nearest centre of each point when it was looked for last, and its squared distance.
    private let codes: RowTable<UInt8>
    private let distances: RowTable<Float>
    private let count: Int
    private let length: Int

    private static let part = 4096
    /// Points that are looked at together where their nearest centres are looked for.
    private static let chunk = 1 << 16
    private static let sample = 1 << 16
    private static let iterations = 100
    private static let tolerance = 1e-4

    init(_ points: RowTable<Float>, weights: RowTable<Float>, length: Int) {
        precondition(points.columns == weights.columns * length && points.rows == weights.rows)
        (self.points, self.weights, self.length) = (points, weights, length)
        count = weights.rows * weights.columns
        codes = RowTable(rows: 1, columns: count, repeating: 0)
        distances = RowTable(rows: 1, columns: count, repeating: 0)
    }

    /// The nearest of some centres for each point.
    func codes(_ centres: [Float]) -> RowTable<UInt8> {
        let nearest = NearestCentres(centres, length: length)
        find(nearest, groups(nearest))
        return codes
    }

    /// So many centres one after the other.
    func centres(_ wanted: Int) -> [Float] {
        var centres = seeds(wanted)
        var nearest = NearestCentres(centres, length: length)
        var groups: [PointGroups] = []
        var error = Double.infinity
        for iteration in 0..<Self.iterations {
            // Fewer and fewer change their centre.
            if iteration & (iteration - 1) == 0 { groups = self.groups(nearest) }
            find(nearest, groups)
            let sums = sums(wanted)
            for centre in 0..<wanted where sums.weights[centre] > 0 {
                for index in 0..<length {
                    let place = centre * length + index
                    centres[place] = Float(sums.vectors[place] / sums.weights[centre])
                }
            }
            guard sums.error < error * (1 - Self.tolerance) else { break }
            error = sums.error
            nearest = NearestCentres(centres, length: length, earlier: nearest)
        }
        return centres
    }

    private var chunks: Int { (count + Self.chunk - 1) / Self.chunk }

    private func points(of chunk: Int) -> Range<Int> { chunk * Self.chunk..<min(count, (chunk + 1) * Self.chunk) }

    /// The points by the centres that were nearest to them.
    private func groups(_ centres: NearestCentres) -> [PointGroups] {
        Parallel.map(chunks) { chunk in
            let own = points(of: chunk)
            return points.readAll { points in
                codes.readAll { codes in
                    distances.readAll { distances in
                        centres.groups(
                            points.extracting(own.lowerBound * length..<own.upperBound * length),
                            codes.extracting(own), distances.extracting(own))
                    }
                }
            }
        }
    }

    /// Finds the nearest centre of each point.
    private func find(_ centres: NearestCentres, _ groups: [PointGroups]) {
        Parallel.forEach(chunks) { chunk in
            codes.withRow(0, columns: points(of: chunk)) { codes in
                distances.withRow(0, columns: points(of: chunk)) { distances in
                    centres.find(groups[chunk], &codes, &distances)
                }
            }
        }
    }

    private struct Sums: Sendable {
        var weights: [Double]
        var vectors: [Double]
        var error = 0.0

        mutating func add(
            _ points: Span<Float>, _ length: some CoordinateCount, _ weights: Span<Float>, _ codes: Span<UInt8>,
            _ distances: Span<Float>
        ) {
            var (ofWeights, ofVectors, total) = (self.weights, vectors, 0.0)
            var weightSums = ofWeights.mutableSpan
            var vectorSums = ofVectors.mutableSpan
            for point in codes.indices {
                let (centre, weight) = (Int(codes[point]), Double(weights[point]))
                weightSums[centre] += weight
                total += weight * Double(distances[point])
                for index in 0..<length.value {
                    vectorSums[centre * length.value + index] += weight * Double(points[point * length.value + index])
                }
            }
            (self.weights, vectors, error) = (ofWeights, ofVectors, total)
        }
    }

    /// Sums the points of each of so many centres.
    private func sums(_ wanted: Int) -> Sums {
        switch length {
        case 2: sums(wanted, TwoCoordinates())
        case 4: sums(wanted, FourCoordinates())
        case 8: sums(wanted, EightCoordinates())
        default: sums(wanted, AnyCoordinates(value: length))
        }
    }

    private func sums(_ wanted: Int, _ length: some CoordinateCount) -> Sums {
        let empty = Sums(
            weights: [Double](repeating: 0, count: wanted),
            vectors: [Double](repeating: 0, count: wanted * length.value))
        let parts = Parallel.map((count + Self.part - 1) / Self.part) { part in
            let own = part * Self.part..<min(count, (part + 1) * Self.part)
            return points.readAll { points in
                weights.readAll { weights in
                    codes.readAll { codes in
                        distances.readAll { distances in
                            var sums = empty
                            sums.add(
                                points.extracting(own.lowerBound * length.value..<own.upperBound * length.value),
                                length,
                                weights.extracting(own), codes.extracting(own), distances.extracting(own))
                            return sums
                        }
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
