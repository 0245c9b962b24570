import RealModule

/// One law among others fitted to the same points with the same objective.
package struct RankedLaw: Sendable, Equatable {
    package var law: Law
    /// The fit, without bootstrap; or why there is none.
    package var outcome: Result<Fit, ScalingLawsError>
    /// Root mean square of ln(predicted/measured) over all points held out (largest size, last decade), each
    /// predicted by a fit that had not seen them; nil where nothing could be held out.
    package var heldOutError: Double?
    /// AICc above that of the best law.
    package var excessAICc: Double?
}

/// Fits every law to the points that all of them can use, and orders them by held-out error, then by AICc.
/// - Throws: `differentQuantities` if the laws do not predict the same thing.
package func rank(
    _ points: [Point], _ laws: [Law], _ options: FitOptions = FitOptions()
) throws(ScalingLawsError) -> [RankedLaw] {
    guard let first = laws.first else { return [] }
    for law in laws where law.quantity != first.quantity { throw .differentQuantities(first.name, law.name) }
    var options = options
    options.objective = options.objective ?? first.objective(for: points)
    options.bootstrapDraws = 0
    options.profiles = false
    var shared = points
    for law in laws {
        shared = PointSelection(shared, formula: try Formula(law), objective: options.objective ?? .log).points
    }
    var ranked: [RankedLaw] = []
    for law in laws {
        var entry = RankedLaw(law: law, outcome: .failure(.noAnswer("not fitted")))
        do {
            let result = try fit(shared, law, options)
            entry.outcome = .success(result)
            entry.heldOutError = result.heldOutError
        } catch {
            entry.outcome = .failure(error)
        }
        ranked.append(entry)
    }
    let criteria = ranked.map { (try? $0.outcome.get())?.aicc }
    let best = criteria.compactMap { $0 }.min()
    for index in ranked.indices {
        if let own = criteria[index], let best, best.isFinite { ranked[index].excessAICc = own - best }
    }
    return ranked.enumerated().sorted { $0.element.key($0.offset) < $1.element.key($1.offset) }.map(\.element)
}

extension Fit {
    /// The error over everything held out by size or tokens, nil where nothing was.
    var heldOutError: Double? {
        let parts = heldOut.filter { $0.kind != .bits && $0.rmsLogError != nil }
        let count = parts.reduce(0) { $0 + $1.points }
        guard count > 0 else { return nil }
        let squares = parts.reduce(0.0) { $0 + Double($1.points) * ($1.rmsLogError ?? 0) * ($1.rmsLogError ?? 0) }
        return (squares / Double(count)).squareRoot()
    }
}

extension RankedLaw {
    /// Laws that failed come last; ties keep the order given.
    fileprivate func key(_ place: Int) -> (Double, Double, Int) {
        (heldOutError ?? .infinity, excessAICc ?? .infinity, place)
    }
}
