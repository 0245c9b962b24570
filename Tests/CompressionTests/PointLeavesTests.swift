import Compression
import Kernels
import TestSupport
import Testing

struct PointLeavesTests {
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

    private func found(_ points: [Float], _ centres: [Float], length: Int) -> [UInt8] {
        let table = RowTable(rows: 1, columns: points.count, repeating: Float(0))
        table.withRow(0) { row in for index in points.indices { row[index] = points[index] } }
        return PointLeaves(table, length: length).nearest(NearestCentre(centres, length: length)).readAll { codes in
            codes.indices.map { codes[$0] }
        }
    }

    private func expectAlike(_ points: [Float], _ centres: [Float], length: Int, _ what: String) {
        #expect(found(points, centres, length: length) == plain(points, centres, length: length), "\(what), \(length)")
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

    /// More points than a part holds.
    @Test func manyPoints() {
        var random = Congruential(seed: 78)
        let points = (0..<4 * 70_000).map { _ in random.centred() * random.centred() }
        expectAlike(points, Array(points[..<400]), length: 4, "many points")
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
