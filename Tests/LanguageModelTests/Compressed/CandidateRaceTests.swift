import Calibration
import LanguageModel
import TestSupport
import Testing

struct CandidateRaceTests {
    private func winner(_ errors: [[Double]]) throws(LanguageModelError) -> (winner: Int, asked: Int) {
        var asked = 0
        let winner = try CandidateRace.winner(of: errors.count, units: errors[0].count) { candidate, units in
            asked += units.count
            return Array(errors[candidate][units])
        }
        return (winner, asked)
    }

    private func least(_ errors: [[Double]]) -> Int {
        let sums = errors.map { $0.reduce(0, +) }
        return sums.indices.reduce(0) { sums[$1] < sums[$0] ? $1 : $0 }
    }

    /// Candidates whose errors rise and fall together from unit to unit, at many sizes of their differences.
    @Test func theBestOverAllUnitsWins() throws {
        var random = SeededGenerator(seed: 5)
        for count in [1, 2, 3, 4, 5, 17, 64, 500] {
            for difference in [0, 1e-6, 0.01, 0.3] {
                let common = (0..<count).map { _ in 1 + Double(random.normal()) }
                let errors = (0..<20).map { candidate in
                    let offset = Double(candidate) - 7.3
                    return common.map { $0 * (1 + difference * offset * offset + 0.02 * Double(random.normal())) }
                }
                #expect(try winner(errors).winner == least(errors), "\(count) units, \(difference)")
            }
        }
    }

    @Test func clearDifferencesNeedFewUnits() throws {
        var random = SeededGenerator(seed: 6)
        let errors = (0..<20).map { candidate in
            (0..<640).map { _ in Double(1 + candidate) * (1 + 0.05 * Double(random.normal())) }
        }
        let found = try winner(errors)
        #expect(found.winner == 0 && found.asked <= 20 * 640 / 32)
    }

    /// Windows whose first units count for much and speak for another candidate than all units do.
    @Test func whatComesBackWithAPeriodIsNotMistakenForAll() throws {
        for (period, windows) in [(8, 64), (32, 64), (32, 60), (7, 90)] {
            var random = SeededGenerator(seed: 9)
            let errors = (0..<20).map { candidate in
                (0..<period * windows).map { unit in
                    let isFirst = unit.isMultiple(of: period)
                    let offset = Double(candidate) - (isFirst ? 2 : 11)
                    return (1 + 0.01 * offset * offset) * (1 + 0.01 * Double(random.normal()))
                }
            }
            let order = CandidateRace.spread(period * windows)
            let found = try winner(errors.map { errors in order.map { errors[$0] } })
            #expect(found.winner == least(errors) && found.asked < 10 * period * windows, "\(period), \(windows)")
        }
    }

    @Test func ofEquallyGoodOnesTheFirstWins() throws {
        let errors = [[Double]](repeating: (0..<100).map { Double($0) }, count: 5)
        #expect(try winner(errors).winner == 0)
        // What is not a number is never better.
        #expect(try winner([[.nan, .nan, 1, 1, 1], [1, 1, 1, 1, 1]]).winner == 1)
        #expect(try winner([[Double]](repeating: [.nan, .nan], count: 3)).winner == 0)
    }

    @Test func everyBeginningOfTheOrderIsSpread() {
        for count in [0, 1, 2, 3, 7, 8, 100] {
            let order = CandidateRace.spread(count)
            #expect(order.sorted() == Array(0..<count))
            for length in [2, 4, 8, 16] where length <= count {
                let places = order[..<length].sorted()
                let gaps = zip(places, places.dropFirst()).map { $1 - $0 }
                #expect(gaps.allSatisfy { $0 <= 2 * count / length + 1 }, "\(length) of \(count)")
            }
        }
    }
}
