/// Which phases of the learning rate a fit takes: damage jumps when the rate decays, whatever D is (2510.06213), so that
/// one law does not hold for several.
package enum PhaseChoice: Sendable, Hashable {
    /// That of which there are most checkpoints.
    case most
    case all
    case only(LearningRatePhase)

    /// Reads `all` or a phase.
    package init?(_ text: String) {
        if text == "all" {
            self = .all
        } else {
            guard let phase = LearningRatePhase(rawValue: text) else { return nil }
            self = .only(phase)
        }
    }

    /// The text that is read back; nil for the phase of most checkpoints.
    package var name: String? {
        switch self {
        case .most: nil
        case .all: "all"
        case .only(let phase): phase.rawValue
        }
    }

    /// The phase that is taken from these points; nil for all.
    ///
    /// Of equally many checkpoints, those whose rate stood still go first.
    func phase(in points: [Point]) -> LearningRatePhase? {
        switch self {
        case .all: return nil
        case .only(let phase): return phase
        case .most:
            var checkpoints: [LearningRatePhase: Set<[Double]>] = [:]
            for point in points {
                checkpoints[point.phase, default: []].insert([point.conditions.params, point.conditions.tokens])
            }
            guard checkpoints.count > 1 else { return nil }
            return Self.order.max { (checkpoints[$0]?.count ?? 0) < (checkpoints[$1]?.count ?? 0) }
        }
    }

    /// `max` takes the first of equals.
    private static let order: [LearningRatePhase] = [.stable, .unannealed, .annealed, .decay, .warmUp, .unknown]
}
