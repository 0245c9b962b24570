/// The points that a law can be fitted to, as columns.
struct Observations: Sendable {
    let space: ParameterSpace
    let objective: Objective
    /// What was measured.
    let measured: [Double]
    /// 1/σ of each residual (see `Weighting`); all 1 for an unweighted fit.
    let inverseSigma: [Double]
    /// The place of each slot's parameter, by slot and row.
    let places: [[Int32]]
    let tape: Tape
    /// Which rows are resampled together.
    let cluster: [Int]
    let clusterCount: Int
    let clusterUnit: Fit.ClusterUnit

    var count: Int { measured.count }

    init(
        _ space: ParameterSpace, objective: Objective, points: [Point], inverseSigma: [Double]
    ) throws(ScalingLawsError) {
        self.space = space
        self.objective = objective
        let quantity = space.formula.law.quantity
        measured = points.map { $0.measured(quantity) ?? .nan }
        self.inverseSigma = inverseSigma
        tape = try Self.tape(space, points)
        places = try Self.places(space, points)
        let clusters = Clusters(points, quantity: quantity)
        (cluster, clusterCount, clusterUnit) = (clusters.numbers, clusters.count, clusters.unit)
    }

    /// Which parameter each slot takes at each point.
    static func places(_ space: ParameterSpace, _ points: [Point]) throws(ScalingLawsError) -> [[Int32]] {
        var places = space.formula.slots.map { _ in [Int32]() }
        for point in points {
            for (slot, place) in try space.places(for: point).enumerated() { places[slot].append(place) }
        }
        return places
    }

    /// The formula compiled for these points.
    static func tape(_ space: ParameterSpace, _ points: [Point]) throws(ScalingLawsError) -> Tape {
        var columns: [Variable: [Double]] = [:]
        for variable in space.formula.expression.variables {
            columns[variable] = try column(variable, points, space.formula.law)
        }
        return Tape(
            space.formula.expression, slots: space.formula.slots.map(\.definition.name), rowCount: points.count,
            variables: columns)
    }

    private static func column(
        _ variable: Variable, _ points: [Point], _ law: Law
    ) throws(ScalingLawsError) -> [Double] {
        var values: [Double] = []
        for point in points {
            do {
                values.append(try variable.value(at: point.conditions, predicting: law.quantity))
            } catch {
                throw .missingCondition(law: law.name, name: variable.rawValue)
            }
        }
        return values
    }
}
