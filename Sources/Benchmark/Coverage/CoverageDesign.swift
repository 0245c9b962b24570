import Mathematics
import RealModule
package import ScalingLaws

/// What a coverage simulation measures: a law with known parameters, where it is measured and how noisily.
///
/// ln(measured) is ln(law) plus two normal errors: one that all specs of a checkpoint share and one of each measurement.
package struct CoverageDesign: Sendable {
    package let law: Law
    /// The true parameters by their names in results: the published constants of the law's source.
    package let truth: [String: Double]
    /// The measurements of each checkpoint.
    package let checkpoints: [[Conditions]]
    /// Standard deviations of the two errors.
    package let sharedNoise: Double
    package let ownNoise: Double

    package var pointCount: Int { checkpoints.reduce(0) { $0 + $1.count } }

    /// The measurements of one repetition, the same for the same seed.
    package func points(seed: UInt64) throws(ScalingLawsError) -> [Point] {
        let names = truth.keys.sorted()
        let values = try Curve(law, names: names).values(
            at: checkpoints.flatMap(\.self), parameters: names.map { truth[$0] ?? .nan })
        var random = RandomNumbers(seed: seed)
        var points: [Point] = []
        for (number, specs) in checkpoints.enumerated() {
            let shared = sharedNoise * random.normal()
            for conditions in specs {
                let value = values[points.count] * Double.exp(shared + ownNoise * random.normal())
                points.append(
                    Point(
                        conditions, loss: law.quantity == .loss ? value : nil, qid: law.quantity == .qid ? value : nil,
                        checkpoint: specs.count > 1 ? "\(number)" : nil))
            }
        }
        return points
    }

    /// Where predictions are checked: amid the data, and with ten times the largest size and tokens.
    package var places: [Conditions] {
        guard let last = checkpoints.last?.last, let middle = checkpoints[checkpoints.count / 2].last else { return [] }
        var beyond = last
        (beyond.params, beyond.tokens) = (last.params * 10, last.tokens * 10)
        return [middle, beyond]
    }
}
