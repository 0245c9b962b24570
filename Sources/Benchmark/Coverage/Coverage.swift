import Kernels
import ScalingLaws

/// How often 95 % intervals of one law hold the truth, over repeated simulated measurements.
package struct Coverage: Sendable, Equatable {
    package let law: String
    /// What is simulated beside the law (`CoverageDesign.name`).
    package let name: String
    package let points: Int
    package let checkpoints: Int
    package let sharedNoise: Double
    package let ownNoise: Double
    /// Repetitions, and how many of them ended without a fit.
    package let repetitions: Int
    package let failures: Int
    /// Of every free parameter, in the order of the law.
    package var parameters: [Count]
    /// Of predictions amid the data, and with ten times the largest size and tokens.
    package var predictions: [Count]
    /// Of measurements of another run at these places.
    package var measurements: [Count]

    /// How often one interval held the truth.
    package struct Count: Sendable, Equatable {
        package let name: String
        package let truth: Double
        /// Repetitions in which the fit reported the number as identified.
        package var identified = 0
        /// Those of them in which the interval holds the truth.
        package var held = 0

        /// The share of the intervals that hold the truth; nil of none.
        package var share: Double? { identified > 0 ? Double(held) / Double(identified) : nil }

        fileprivate mutating func add(_ holds: Bool) {
            identified += 1
            held += holds ? 1 : 0
        }
    }
}

/// Fits a design's law to so many sets of simulated measurements, on all cores, the same for the same seed.
///
/// A parameter that a fit reports as not identified, or at its bound, has no interval to trust there: it is not counted
/// among the intervals, and `identified` says how often that was.
/// `progress` is called now and then with the share done.
package func coverage(
    of design: CoverageDesign, repetitions: Int, seed: UInt64, progress: (Double) -> Void = { _ in }
) throws(BenchmarkError) -> Coverage {
    let truths: [Double]
    do { truths = try design.trueValues(at: design.places) } catch { throw .laws(error) }
    var results: [Repetition] = []
    var failures = 0
    while results.count + failures < repetitions {
        let done = results.count + failures
        let block = Parallel.map(min(repetitions - done, 32)) { index in
            Repetition(design, truths, seed: seed &+ UInt64(done + index) &* 0x9E37_79B9)
        }
        results += block.compactMap(\.self)
        failures += block.count { $0 == nil }
        progress(Double(results.count + failures) / Double(repetitions))
    }
    var coverage = Coverage(
        law: design.law.name, name: design.name, points: design.pointCount, checkpoints: design.checkpoints.count,
        sharedNoise: design.sharedNoise, ownNoise: design.ownNoise, repetitions: repetitions, failures: failures,
        parameters: [],
        predictions: zip(["amid", "beyond"], truths).map { Coverage.Count(name: $0, truth: $1) },
        measurements: zip(["amid", "beyond"], truths).map { Coverage.Count(name: $0, truth: $1) })
    for result in results {
        if coverage.parameters.isEmpty {
            coverage.parameters = result.parameters.map {
                Coverage.Count(name: $0.name, truth: design.truth[$0.name] ?? .nan)
            }
        }
        for (place, one) in result.parameters.enumerated() where one.isIdentified {
            coverage.parameters[place].add(one.holds)
        }
        for (place, holds) in result.predictions.enumerated() { coverage.predictions[place].add(holds) }
        for (place, holds) in result.measurements.enumerated() {
            if let holds { coverage.measurements[place].add(holds) }
        }
    }
    return coverage
}

extension CoverageDesign {
    fileprivate func trueValues(at places: [Conditions]) throws(ScalingLawsError) -> [Double] {
        let names = truth.keys.sorted()
        return try Curve(law, names: names).values(at: places, parameters: names.map { truth[$0] ?? .nan })
    }
}

/// Which intervals of one simulated fit hold the truth.
private struct Repetition: Sendable {
    var parameters: [(name: String, isIdentified: Bool, holds: Bool)]
    var predictions: [Bool]
    /// Nil where no interval of a measurement was given.
    var measurements: [Bool?]

    /// Fewer starts and draws than a user's fit has: the simulated optimum is easily found.
    private static let options = FitOptions(starts: 8, bootstrapDraws: 200, holdsOut: false, profiles: false)

    /// Nil if there is no fit.
    init?(_ design: CoverageDesign, _ truths: [Double], seed: UInt64) {
        guard let points = try? design.points(seed: seed),
            let fit = try? ScalingLaws.fit(points, design.law, Self.options),
            let predictions = try? fit.predict(design.places)
        else { return nil }
        parameters = fit.parameters.filter { !$0.isFixed }.map { one in
            let truth = design.truth[one.name] ?? .nan
            return (one.name, one.identified, one.low <= truth && truth <= one.high)
        }
        self.predictions = zip(predictions, truths).map { $0.low <= $1 && $1 <= $0.high }
        let measured = design.measurements(of: truths, seed: ~seed)
        measurements = zip(predictions, measured).map { $0.predictive?.contains($1) }
    }
}
