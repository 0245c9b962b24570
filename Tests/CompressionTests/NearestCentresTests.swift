import Compression
import Kernels
import TestSupport
import Testing

struct NearestCentresTests {
    /// The first centre with the greatest x·c − ½‖c‖², by comparing all.
    private func plain(_ points: [Float], _ centres: [Float], length: Int) -> [UInt8] {
        stride(from: 0, to: points.count, by: length).map { point in
            var (best, chosen) = (-Float.infinity, 0)
            for centre in 0..<centres.count / length {
                let own = centres[centre * length..<(centre + 1) * length]
                var value = own.reduce(Float(0)) { $0 - $1 * $1 } / 2
                for index in 0..<length { value += own[own.startIndex + index] * points[point + index] }
                if value > best { (best, chosen) = (value, centre) }
            }
            return UInt8(chosen)
        }
    }

    private func found(_ points: [Float], _ centres: [Float], length: Int, guess: (Int) -> Int) -> [UInt8] {
        let nearest = NearestCentres(centres, length: length)
        var codes = (0..<points.count / length).map { UInt8(guess($0)) }
        var distances = codes.map { Float($0) }
        let groups = nearest.groups(points.span, codes.span, distances.span)
        var found = codes.mutableSpan
        var squares = distances.mutableSpan
        nearest.find(groups, &found, &squares)
        return codes
    }

    /// Whatever the guess.
    private func expectAlike(_ points: [Float], _ centres: [Float], length: Int, _ what: String) {
        let (count, expected) = (centres.count / length, plain(points, centres, length: length))
        let guesses: [(name: String, guess: (Int) -> Int)] = [
            ("any", { $0 * 7 % count }), ("the last", { _ in count - 1 }), ("the nearest", { Int(expected[$0]) }),
        ]
        for (name, guess) in guesses {
            #expect(
                found(points, centres, length: length, guess: guess) == expected, "\(what), \(length), from \(name)")
        }
    }

    @Test func nearestIsWhatComparingAllFinds() {
        var random = Congruential(seed: 77)
        for length in [1, 2, 3, 4, 5, 8, 16] {
            for (count, centreCount) in [(1, 1), (7, 9), (100, 256), (3000, 17), (3000, 256)] {
                let points = (0..<count * length).map { _ in random.centred() }
                let some = (0..<centreCount * length).map { _ in random.centred() }
                expectAlike(points, some, length: length, "\(count) points, \(centreCount) centres")
            }
        }
    }

    /// Equal centres, equal points, points half-way between centres, and some far away.
    @Test func tiesGoToTheFirst() {
        var random = Congruential(seed: 79)
        for length in [1, 2, 4, 6] {
            let grid = (0..<2000 * length).map { _ in (random.centred() * 8).rounded() / 2 }
            let centres = (0..<200 * length).map { _ in (random.centred() * 8).rounded() }
            expectAlike(grid, centres, length: length, "a grid")
            expectAlike([Float](repeating: 0.5, count: 500 * length), centres, length: length, "equal points")
            var far = grid
            for index in stride(from: 0, to: far.count, by: 97) { far[index] *= 1e4 }
            expectAlike(far, centres.map { $0 * 0.3 }, length: length, "points far away")
        }
    }
}
