import Mathematics
import RealModule
package import ScalingLaws

/// What a coverage simulation measures: a law with known parameters, where it is measured and how noisily.
///
/// ln(measured) is ln(law) plus normal errors: one that all specs of a checkpoint share, one of each measurement, and what
/// a training run has of its own.
package struct CoverageDesign: Sendable {
    package let law: Law
    /// What is simulated beside the law, in a few words; empty for independent checkpoints.
    package var name = ""
    /// Training runs of each size; nil where no run is named.
    ///
    /// Checkpoints of one size go round among them by tokens.
    package var seeds: Int?
    package var runs = RunEffects()

    /// What a training run has of its own.
    package struct RunEffects: Sendable, Equatable {
        /// Standard deviations of a constant, and of a slope by ln D.
        package var constant = 0.0
        package var slope = 0.0
        /// Of the checkpoints' shared errors from step to step.
        package var correlation = 0.0
    }

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
        var states: [String: RunState] = [:]
        for (number, specs) in checkpoints.enumerated() {
            guard let place = specs.first else { continue }
            let run = "\(place.params) \(seeds.map { number % $0 } ?? 0)"
            var state = states[run] ?? RunState(runs, from: place.tokens, &random)
            let shared = state.next(runs, at: place.tokens, noise: sharedNoise, &random)
            states[run] = state
            for conditions in specs {
                let value = values[points.count] * Double.exp(shared + ownNoise * random.normal())
                var point = Point(
                    conditions, loss: law.quantity == .loss ? value : nil, qid: law.quantity == .qid ? value : nil,
                    kl: law.quantity == .kl ? value : nil, checkpoint: specs.count > 1 ? "\(number)" : nil)
                // Without runs each checkpoint is one of its own, as each loss is.
                point.series = seeds != nil ? run : law.quantity.isDegradation ? "\(number)" : nil
                points.append(point)
            }
        }
        return points
    }

    /// Measurements at `places`, where the law says `values`, each of a run that the points are not of.
    package func measurements(of values: [Double], seed: UInt64) -> [Double] {
        let start = checkpoints.compactMap(\.first?.tokens).min() ?? 1
        var random = RandomNumbers(seed: seed)
        return zip(places, values).map { place, value in
            var state = RunState(runs, from: start, &random)
            let shared = state.next(runs, at: place.tokens, noise: sharedNoise, &random)
            return value * .exp(shared + ownNoise * random.normal())
        }
    }

    /// A run as its checkpoints are simulated, in the order of tokens.
    private struct RunState {
        let constant: Double
        let slope: Double
        let start: Double
        var last: Double?

        init(_ effects: RunEffects, from tokens: Double, _ random: inout RandomNumbers) {
            constant = effects.constant == 0 ? 0 : effects.constant * random.normal()
            slope = effects.slope == 0 ? 0 : effects.slope * random.normal()
            start = tokens
        }

        /// What a checkpoint's measurements share: the run's own line, and an error that follows the last one's.
        mutating func next(
            _ effects: RunEffects, at tokens: Double, noise: Double, _ random: inout RandomNumbers
        ) -> Double {
            let rho = effects.correlation
            let fresh = noise * random.normal()
            let error = last.map { rho * $0 + (1 - rho * rho).squareRoot() * fresh } ?? fresh
            last = error
            return constant + slope * .log(tokens / start) + error
        }
    }

    /// Where predictions are checked: amid the data, and with ten times the largest size and tokens.
    package var places: [Conditions] {
        guard let last = checkpoints.last?.last, let middle = checkpoints[checkpoints.count / 2].last else { return [] }
        var beyond = last
        (beyond.params, beyond.tokens) = (last.params * 10, last.tokens * 10)
        return [middle, beyond]
    }
}
