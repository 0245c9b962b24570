import RealModule

/// The objective of a fit as a function of coordinates, with gradient and Gauss–Newton Hessian.
///
/// One for each thread.
struct Problem {
    let observations: Observations
    /// Where it is searched; another with the same kinds and other bounds may take its place.
    var coordinates: Coordinates
    /// Adds Σtᵢ(rᵢ + ½tᵢ) to the objective, for bootstrap draws: least squares of r + t; empty for none.
    var tilt: [Double] = []
    private var data: TapeEvaluation
    private var centre: TapeEvaluation

    init(_ observations: Observations, _ coordinates: Coordinates) {
        self.observations = observations
        self.coordinates = coordinates
        data = TapeEvaluation(observations.tape)
        centre = coordinates.workspace()
    }

    var size: Int { coordinates.free.count }

    struct Value {
        /// Σρ(rᵢ); infinite where the law is not finite.
        var objective: Double
        var gradient: [Double]
        /// Row major.
        var hessian: [Double]
    }

    /// The parameters at coordinates z.
    mutating func parameters(at z: [Double]) -> [Double] { coordinates.map(z, &centre).values }

    /// The coordinates of parameters, within their bounds.
    mutating func coordinates(of parameters: [Double]) -> [Double] { coordinates.coordinates(of: parameters, &centre) }

    /// What the law says at every row.
    mutating func predictions(_ parameters: [Double]) -> [Double] {
        data.evaluate(places: observations.places, parameters: parameters)
        let count = observations.count
        return data.withResult { values, _ in (0..<count).map { values[$0] } } ?? []
    }

    /// Objective, gradient and Gauss–Newton Hessian (rows beyond Huber's δ weighted by δ/|r|) at z.
    mutating func evaluate(_ z: [Double]) -> Value {
        let mapped = coordinates.map(z, &centre)
        data.evaluate(places: observations.places, parameters: mapped.values)
        let count = mapped.values.count
        var gradient = [Double](repeating: 0, count: count)
        var hessian = [Double](repeating: 0, count: count * count)
        let objective = accumulate(&gradient, &hessian, count)
        guard objective.isFinite else { return Value(objective: .infinity, gradient: [], hessian: []) }
        return Value(
            objective: objective, gradient: project(gradient, mapped), hessian: project(hessian, count, mapped))
    }

    /// Residuals rᵢ and ∂rᵢ/∂z, row major, with Huber's weights on neither; nil where the law is not finite.
    mutating func linearized(at z: [Double]) -> (residuals: [Double], jacobian: [Double])? {
        let mapped = coordinates.map(z, &centre)
        data.evaluate(places: observations.places, parameters: mapped.values)
        var residuals = [Double](repeating: 0, count: observations.count)
        var jacobian = [Double](repeating: 0, count: observations.count * size)
        let isLogarithmic = observations.objective.isLogarithmic
        _ = data.withResult { values, slots in
            for row in 0..<observations.count {
                let weight = observations.inverseSigma[row]
                let ratio =
                    isLogarithmic
                    ? Double.log(values[row]) - .log(observations.measured[row])
                    : values[row] - observations.measured[row]
                residuals[row] = ratio * weight
                let factor = isLogarithmic ? weight / values[row] : weight
                var byPlace: [Int: Double] = [:]
                for (slot, column) in slots.enumerated() {
                    if let column { byPlace[Int(observations.places[slot][row]), default: 0] += column[row] * factor }
                }
                for entry in mapped.derivatives {
                    if let value = byPlace[entry.parameter] {
                        jacobian[row * size + entry.coordinate] += value * entry.value
                    }
                }
            }
        }
        return residuals.allSatisfy(\.isFinite) && jacobian.allSatisfy(\.isFinite) ? (residuals, jacobian) : nil
    }

    /// ∂parameter/∂z at z, row major, parameters by coordinates.
    mutating func parameterDerivatives(at z: [Double]) -> [Double] {
        let mapped = coordinates.map(z, &centre)
        var result = [Double](repeating: 0, count: mapped.values.count * size)
        for entry in mapped.derivatives { result[entry.parameter * size + entry.coordinate] += entry.value }
        return result
    }

    /// Σρ(rᵢ) at z, infinite where the law is not finite.
    mutating func objective(at z: [Double]) -> Double {
        data.evaluate(places: observations.places, parameters: coordinates.map(z, &centre).values)
        var (gradient, hessian): ([Double], [Double]) = ([], [])
        let objective = accumulate(&gradient, &hessian, 0)
        return objective.isFinite ? objective : .infinity
    }

    /// Adds the rows to the objective and, unless `count` is 0, to the derivatives by `count` parameters.
    private func accumulate(_ gradient: inout [Double], _ hessian: inout [Double], _ count: Int) -> Double {
        let rows = (measured: observations.measured, weights: observations.inverseSigma, tilt: tilt)
        let (isLogarithmic, delta) = (observations.objective.isLogarithmic, observations.objective.delta ?? .infinity)
        let places = observations.places
        // Sound because places are below `count`, and pointers are used within the closure alone; arrays written here
        // through `inout` would be checked for other owners at every number.
        return gradient.withUnsafeMutableBufferPointer { gradient in
            hessian.withUnsafeMutableBufferPointer { hessian in
                data.withResult { values, slots in
                    let used = count == 0 ? [] : slots.indices.filter { slots[$0] != nil }
                    return withUnsafeTemporaryAllocation(of: (place: Int, slope: Double).self, capacity: used.count) {
                        terms in
                        var objective = 0.0
                        for row in 0..<rows.measured.count {
                            let (value, measured) = (values[row], rows.measured[row])
                            var factor = rows.weights[row]
                            if isLogarithmic, value <= 0 { return .infinity }
                            let residual =
                                (isLogarithmic ? .log(value) - .log(measured) : value - measured) * factor
                            if isLogarithmic { factor /= value }
                            guard residual.isFinite else { return .infinity }
                            let isOutside = abs(residual) > delta
                            objective += isOutside ? delta * (abs(residual) - delta / 2) : residual * residual / 2
                            let curvature = isOutside ? delta / abs(residual) : 1
                            let tilt = rows.tilt.isEmpty ? 0 : rows.tilt[row]
                            objective += tilt * (residual + tilt / 2)
                            let slope = curvature * residual + tilt
                            for index in 0..<used.count {
                                let slot = used[index]
                                terms[index] = (Int(places[slot][row]), (slots[slot]?[row] ?? 0) * factor)
                            }
                            for index in 0..<used.count {
                                gradient[terms[index].place] += terms[index].slope * slope
                                let scaled = curvature * terms[index].slope
                                let start = terms[index].place * count
                                for other in 0..<used.count {
                                    hessian[start + terms[other].place] += scaled * terms[other].slope
                                }
                            }
                        }
                        return objective
                    }
                } ?? .infinity
            }
        }
    }

    private func project(_ gradient: [Double], _ mapped: MappedParameters) -> [Double] {
        var result = [Double](repeating: 0, count: size)
        for entry in mapped.derivatives { result[entry.coordinate] += entry.value * gradient[entry.parameter] }
        return result
    }

    /// TᵀHT for the derivatives T of parameters by coordinates.
    private func project(_ hessian: [Double], _ count: Int, _ mapped: MappedParameters) -> [Double] {
        var half = [Double](repeating: 0, count: count * size)
        for entry in mapped.derivatives {
            for row in 0..<count {
                half[row * size + entry.coordinate] += hessian[row * count + entry.parameter] * entry.value
            }
        }
        var result = [Double](repeating: 0, count: size * size)
        for entry in mapped.derivatives {
            for column in 0..<size {
                result[entry.coordinate * size + column] += entry.value * half[entry.parameter * size + column]
            }
        }
        return result
    }
}

extension Problem {
    /// The coordinates with the linear parameters at their best for the others given in z (variable projection): exact
    /// least squares within the bounds in linear space; for logarithms the same on relative residuals.
    mutating func solvingLinearPart(_ z: [Double]) -> [Double] {
        let linear = (0..<size).filter { observations.space.parameters[coordinates.free[$0]].isLinear }
        guard !linear.isEmpty else { return z }
        var start = z
        for coordinate in linear { start[coordinate] = initial(coordinate) }
        if coordinates.isSingleTerm, observations.objective.isLogarithmic,
            linear.allSatisfy({ coordinates.kinds[$0].isLogarithmOfTerm })
        {
            return shifted(start, linear)
        }
        return projected(start, linear)
    }

    private func initial(_ coordinate: Int) -> Double {
        min(max(0, coordinates.lower[coordinate]), coordinates.upper[coordinate])
    }

    /// Adds the mean residual of each coefficient's rows to its logarithm.
    private mutating func shifted(_ start: [Double], _ linear: [Int]) -> [Double] {
        let predicted = predictions(parameters(at: start))
        var result = start
        for coordinate in linear {
            let place = Int32(coordinates.free[coordinate])
            var (sum, weights) = (0.0, 0.0)
            for row in 0..<observations.count where observations.places.contains(where: { $0[row] == place }) {
                let weight = observations.inverseSigma[row] * observations.inverseSigma[row]
                sum += weight * (.log(observations.measured[row]) - .log(predicted[row]))
                weights += weight
            }
            if weights > 0, sum.isFinite { result[coordinate] += sum / weights }
        }
        return result
    }

    private mutating func projected(_ start: [Double], _ linear: [Int]) -> [Double] {
        let mapped = coordinates.map(start, &centre)
        data.evaluate(places: observations.places, parameters: mapped.values)
        var unit = [(place: Int, scale: Double)?](repeating: nil, count: mapped.values.count)
        for entry in mapped.derivatives where coordinates.free[entry.coordinate] == entry.parameter {
            if let place = linear.firstIndex(of: entry.coordinate) { unit[entry.parameter] = (place, entry.value) }
        }
        var gradient = [Double](repeating: 0, count: linear.count)
        var hessian = [Double](repeating: 0, count: linear.count * linear.count)
        addNormalEquations(unit, &gradient, &hessian)
        for index in linear.indices { hessian[index * linear.count + index] *= 1 + 1e-12 }
        let solution = BoxQuadratic(
            hessian: hessian, gradient: gradient,
            low: linear.map { coordinates.lower[$0] - start[$0] },
            high: linear.map { coordinates.upper[$0] - start[$0] }
        ).minimizer()
        var result = start
        for (index, step) in zip(linear, solution ?? []) { result[index] += step }
        return result
    }

    private func addNormalEquations(
        _ unit: [(place: Int, scale: Double)?], _ gradient: inout [Double], _ hessian: inout [Double]
    ) {
        let count = gradient.count
        let isLogarithmic = observations.objective.isLogarithmic
        let places = observations.places
        _ = data.withResult { values, slots in
            let used = slots.indices.filter { slots[$0] != nil }
            for row in 0..<observations.count {
                let measured = observations.measured[row]
                let weight = isLogarithmic ? 1 / measured : observations.inverseSigma[row]
                let scaled = weight * weight
                for slot in used {
                    guard let term = unit[Int(places[slot][row])] else { continue }
                    let value = scaled * (slots[slot]?[row] ?? 0) * term.scale
                    gradient[term.place] += value * (values[row] - measured)
                    for other in used {
                        guard let another = unit[Int(places[other][row])] else { continue }
                        let rest = (slots[other]?[row] ?? 0) * another.scale
                        hessian[term.place * count + another.place] += value * rest
                    }
                }
            }
        }
    }
}

extension Coordinates.Kind {
    var isLogarithmOfTerm: Bool {
        if case .logarithmOfTerm = self { true } else { false }
    }
}
