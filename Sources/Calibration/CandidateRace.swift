package import LanguageModel
import Mathematics

/// Finds which of some candidates has the least error over all units, without looking at all units for each.
///
/// Errors of units add up, and are compared on the same units: after each round those candidates leave whose errors are
/// larger than the best one's by more than chance can explain (Student's t of the differences, one case in a million), and
/// the next round looks at twice as many units. Who is left alone has won; among those who are left at the end the sum
/// over all units decides.
package enum CandidateRace {
    private static let chance = 1e-6
    /// The share of units that the first round looks at, and how many it looks at at least.
    private static let (firstShare, fewest) = (32, 4)

    /// The place of the best candidate, of equally good ones the first.
    ///
    /// `errors` gives a candidate's error on each unit of a range, which all candidates of a round are asked for; units
    /// must come in an order that has all kinds of them at its beginning.
    package static func winner(
        of candidates: Int, units: Int, errors: (_ candidate: Int, Range<Int>) throws(LanguageModelError) -> [Double]
    ) throws(LanguageModelError) -> Int {
        var found = [[Double]](repeating: [], count: candidates)
        var (left, seen) = (Array(0..<candidates), 0)
        var next = max(fewest, units / firstShare)
        while true {
            let range = seen..<min(units, next)
            for candidate in left { found[candidate] += try errors(candidate, range) }
            (seen, next) = (range.upperBound, 2 * next)
            let best = leader(left, found)
            guard seen < units, left.count > 1 else { return best }
            let bound = StudentT.quantile(1 - chance, degrees: Double(seen - 1))
            left = left.filter { $0 == best || isOpen(found[$0], found[best], bound, of: units) }
            if left.count == 1 { return best }
        }
    }

    private static func leader(_ candidates: [Int], _ errors: [[Double]]) -> Int {
        var (best, least) = (candidates.first ?? 0, Double.infinity)
        for candidate in candidates {
            let sum = errors[candidate].reduce(0, +)
            if sum < least { (best, least) = (candidate, sum) }
        }
        return best
    }

    /// Whether a candidate may still be better than the best one so far over all of so many units.
    private static func isOpen(_ errors: [Double], _ best: [Double], _ bound: Double, of units: Int) -> Bool {
        let (differences, count) = (zip(errors, best).map { $0 - $1 }, Double(errors.count))
        let mean = differences.reduce(0, +) / count
        let square = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let deviation = (square / (count - 1) / count * (1 - count / Double(units))).squareRoot()
        return !(mean > bound * deviation)
    }

    /// The numbers below a count in an order that is spread evenly at every length: each follows the one before by a step
    /// near the golden section of the count.
    ///
    /// The step has no divisor in common with the count, so that no place within a period, as windows are of units, comes
    /// more often than others.
    package static func spread(_ count: Int) -> [Int] {
        var step = max(1, Int((Double(count) * 0.6180339887).rounded()))
        while greatestCommonDivisor(step, count) > 1 { step += 1 }
        return (0..<count).map { $0 * step % count }
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        b == 0 ? a : greatestCommonDivisor(b, a % b)
    }
}
