import RealModule

/// One law among others fitted to the same points with the same objective.
package struct RankedLaw: Sendable, Equatable {
    package var law: Law
    /// The fit, without bootstrap; or why there is none.
    package var outcome: Result<Fit, ScalingLawsError>
    /// Root mean square of ln(predicted/measured) over all points held out (largest size, last decade), each
    /// predicted by a fit that had not seen them; nil where nothing could be held out.
    package var heldOutError: Double?
    /// AICc above that of the best law, counting effective points (`Fit.effectivePoints`): those of a run say less than
    /// their number.
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
    let fits = ranked.compactMap { try? $0.outcome.get() }
    let leading = fits.min { $0.aicc < $1.aicc }
    let criteria = ranked.map { one in
        (try? one.outcome.get()).map { $0.aicc(effectivePoints: leading?.effectivePoints ?? Double($0.n)) }
    }
    let best = criteria.compactMap { $0 }.min()
    for index in ranked.indices {
        if let own = criteria[index], let best, best.isFinite { ranked[index].excessAICc = own - best }
    }
    return ranked.enumerated().sorted { $0.element.key($0.offset) < $1.element.key($1.offset) }.map(\.element)
}

extension Fit {
    /// The error over everything held out by size or tokens, nil where nothing was.
    var heldOutError: Double? {
        let parts = heldOut.filter { [.largestModel, .lastDecade].contains($0.kind) && $0.rmsLogError != nil }
        let count = parts.reduce(0) { $0 + $1.points }
        guard count > 0 else { return nil }
        let squares = parts.reduce(0.0) { $0 + Double($1.points) * ($1.rmsLogError ?? 0) * ($1.rmsLogError ?? 0) }
        return (squares / Double(count)).squareRoot()
    }
}

extension Fit {
    /// As many independent points as say as much: n/(1 + (m − 1)·ρ), m the points of a cluster and ρ how alike the residuals
    /// of one are (the intraclass correlation, from the mean squares between and within clusters).
    package var effectivePoints: Double {
        let values = residuals.map { row in
            objective.isLogarithmic ? Double.log(row.measured / row.predicted) : row.measured - row.predicted
        }
        guard let cluster = influence?.cluster, cluster.count == values.count, clusters > 1, values.count > clusters,
            values.allSatisfy(\.isFinite)
        else { return Double(n) }
        var (sums, sizes) = ([Double](repeating: 0, count: clusters), [Double](repeating: 0, count: clusters))
        for (number, value) in zip(cluster, values) {
            sums[number] += value
            sizes[number] += 1
        }
        let size = Double(n) / Double(clusters)
        let between = zip(sums, sizes).reduce(0) { $0 + $1.0 * $1.0 / $1.1 } / Double(clusters)
        let within =
            zip(cluster, values).reduce(0) { sum, row in
                let left = row.1 - sums[row.0] / sizes[row.0]
                return sum + left * left
            } / Double(values.count - clusters)
        guard between > 0 || within > 0 else { return Double(n) }
        let alike = min(max((between - within) / (between + (size - 1) * within), 0), 1)
        return Double(n) / (1 + (size - 1) * alike)
    }

    /// Akaike's criterion, corrected for few points, as if there were so many.
    fileprivate func aicc(effectivePoints: Double) -> Double {
        let free = Double(parameters.count { !$0.isFixed } + 1)
        let misfit = (bic - free * .log(Double(n))) * effectivePoints / Double(n)
        let spare = effectivePoints - free - 1
        return misfit + 2 * free + (spare > 0 ? 2 * free * (free + 1) / spare : .infinity)
    }
}

extension RankedLaw {
    /// Laws that failed come last; ties keep the order given.
    fileprivate func key(_ place: Int) -> (Double, Double, Int) {
        (heldOutError ?? .infinity, excessAICc ?? .infinity, place)
    }
}
