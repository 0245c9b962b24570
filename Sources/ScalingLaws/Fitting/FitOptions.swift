/// How a law is to be fitted; the defaults are what `qid-fit` uses.
package struct FitOptions: Sendable, Hashable {
    /// What is minimised; nil for the law's own default.
    package var objective: Objective?
    /// Whether residuals are divided by known standard errors where there are any (see `Weighting`).
    package var isWeighted: Bool
    /// Bounds by parameter name, in place of the law's.
    package var bounds: [String: ClosedRange<Double>]
    /// Parameters held at a value, by their names in results (`e`, `alpha.4`).
    package var fixed: [String: Double]
    /// The scheme with eff 1; nil: the first of `dense`, `16`, `bf16`, `fp16` and their like that has points.
    package var referenceScheme: String?
    /// Which phases of the learning rate are fitted; others are left out.
    package var phases: PhaseChoice
    /// How many minimisations are started.
    package var starts: Int
    /// How many bootstrap refits; with 0 predictions and answers have no intervals.
    package var bootstrapDraws: Int
    /// Fits without the largest size, the last decade of D and each bit width, each predicting what it left out.
    package var holdsOut: Bool
    /// Also intervals from the profile of the objective for independent and equally noisy residuals.
    ///
    /// Without these and without draws, intervals are by the delta method.
    package var profiles: Bool
    package var seed: UInt64

    package init(
        objective: Objective? = nil, isWeighted: Bool = true, bounds: [String: ClosedRange<Double>] = [:],
        fixed: [String: Double] = [:], referenceScheme: String? = nil, phases: PhaseChoice = .most,
        starts: Int = 32, bootstrapDraws: Int = 1000, holdsOut: Bool = true, profiles: Bool = true, seed: UInt64 = 1
    ) {
        (self.objective, self.isWeighted, self.bounds, self.fixed) = (objective, isWeighted, bounds, fixed)
        (self.referenceScheme, self.starts, self.bootstrapDraws) = (referenceScheme, starts, bootstrapDraws)
        (self.phases, self.holdsOut, self.profiles, self.seed) = (phases, holdsOut, profiles, seed)
    }

    /// Reads `NAME=LOW:HIGH`, where either end may be empty for none, as in `E=0:` or `b=-1:1`.
    package static func bounds(_ text: String) throws(ScalingLawsError) -> (name: String, range: ClosedRange<Double>) {
        let halves = text.split(separator: "=", omittingEmptySubsequences: false)
        let ends = halves.last?.split(separator: ":", omittingEmptySubsequences: false) ?? []
        guard halves.count == 2, ends.count == 2, let name = halves.first, !name.isEmpty else { throw .badBounds(text) }
        let low = ends[0].isEmpty ? -Double.infinity : Double(ends[0])
        let high = ends[1].isEmpty ? Double.infinity : Double(ends[1])
        guard let low, let high, low < high else { throw .badBounds(text) }
        return (String(name), low...high)
    }
}
