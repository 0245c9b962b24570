import RealModule

/// The convex hull of the data in those of (ln N, ln D, P) that a law uses, and how far outside it a point lies.
struct Hull: Sendable {
    /// One row of coordinates for each distinct point.
    private let points: [[Double]]
    private let variables: Set<Variable>

    init(_ conditions: [Conditions], of variables: Set<Variable>) {
        self.variables = variables
        points = Array(Set(conditions.map { Self.coordinates($0, variables) })).sorted {
            $0.lexicographicallyPrecedes($1)
        }
    }

    /// P counts as much per bit as a factor of e in N or D; beyond 16 bits nothing changes.
    private static func coordinates(_ conditions: Conditions, _ variables: Set<Variable>) -> [Double] {
        [
            variables.contains(.params) ? .log(conditions.params) : 0,
            variables.contains(.tokens) ? .log(conditions.tokens) : 0,
            variables.contains(.bits) ? min(conditions.bits ?? 16, 16) : 0,
        ]
    }

    /// e to the distance from the hull: 1 inside, 10 if the nearest point of the hull has ten times less N or D.
    ///
    /// The nearest point of the hull by Frank–Wolfe with away steps, to a distance of about 1e-4.
    func factorBeyond(_ conditions: Conditions) -> Double {
        let target = Self.coordinates(conditions, variables)
        guard var nearest = points.min(by: { Self.squared($0, target) < Self.squared($1, target) }) else { return 1 }
        var weights = points.map { $0 == nearest ? 1.0 : 0.0 }
        for _ in 0..<2000 {
            let slope = zip(nearest, target).map { $0 - $1 }
            if Self.dot(slope, slope) < 1e-10 { return 1 }
            let along = points.map { Self.dot($0, slope) }
            guard let toward = along.indices.min(by: { along[$0] < along[$1] }),
                let away = along.indices.filter({ weights[$0] > 0 }).max(by: { along[$0] < along[$1] })
            else { break }
            let here = Self.dot(nearest, slope)
            guard here - along[toward] > 1e-9 else { break }
            let goesToward = here - along[toward] >= along[away] - here
            let vertex = goesToward ? toward : away
            let direction = zip(points[vertex], nearest).map { goesToward ? $0 - $1 : $1 - $0 }
            let most = goesToward ? 1 : weights[away] / max(1 - weights[away], 1e-12)
            let length = min(max(-Self.dot(slope, direction) / max(Self.dot(direction, direction), 1e-300), 0), most)
            let change = goesToward ? length : -length
            for index in weights.indices { weights[index] *= 1 - change }
            weights[vertex] = max(weights[vertex] + change, 0)
            for index in nearest.indices { nearest[index] += length * direction[index] }
        }
        let distance = Self.squared(nearest, target).squareRoot()
        return distance < 1e-3 ? 1 : .exp(distance)
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

    private static func squared(_ a: [Double], _ b: [Double]) -> Double {
        zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
}
