import Kernels

/// Points that lie evenly apart among all, of which first centres are drawn.
struct SeedSample {
    let count: Int
    private let length: Int
    /// Eight points after the other, coordinate by coordinate.
    private let coordinates: [SIMD8<Float>]
    private let weights: [Float]

    /// Takes at most `limit` of the points.
    init(_ points: RowTable<Float>, weights: RowTable<Float>, length: Int, limit: Int) {
        let all = weights.rows * weights.columns
        let sampled = min(all, limit)
        (count, self.length) = (sampled, length)
        func place(_ index: Int) -> Int { index * all / sampled }
        self.weights = weights.readAll { weights in (0..<sampled).map { weights[place($0)] } }
        coordinates = points.readAll { points in
            var blocks = [SIMD8<Float>](repeating: .zero, count: (sampled + 7) / 8 * length)
            for index in 0..<sampled {
                for coordinate in 0..<length {
                    blocks[index / 8 * length + coordinate][index % 8] = points[place(index) * length + coordinate]
                }
            }
            return blocks
        }
    }

    func vector(_ index: Int) -> [Float] { (0..<length).map { coordinates[index / 8 * length + $0][index % 8] } }

    /// Makes squared distances from the nearest centre those with one more centre, and sums them times weights, up to each
    /// point.
    func approach(_ centre: Int, _ distances: inout [SIMD8<Float>], _ cumulated: inout [Double]) {
        let last = vector(centre).map { SIMD8(repeating: $0) }
        let (coordinates, weights, last8) = (coordinates.span, weights.span, last.span)
        var nearest = distances.mutableSpan
        var sums = cumulated.mutableSpan
        var total = 0.0
        for block in nearest.indices {
            var squared = SIMD8<Float>.zero
            for coordinate in 0..<length {
                let difference = coordinates[block * length + coordinate] - last8[coordinate]
                squared += difference * difference
            }
            let least = nearest[block].choosing(squared, where: squared.isBelow(nearest[block]))
            nearest[block] = least
            for lane in 0..<min(8, count - 8 * block) {
                total += Double(least[lane]) * Double(weights[8 * block + lane])
                sums[8 * block + lane] = total
            }
        }
    }

    /// The first point whose rising sum is above a number; the first of all where none is.
    func first(above drawn: Double, in cumulated: Span<Double>) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if cumulated[middle] > drawn { high = middle } else { low = middle + 1 }
        }
        return low < count ? low : 0
    }
}
