import RealModule

/// The objective of a fit as a function of coordinates, with gradient and Gauss–Newton Hessian. One for each thread.
struct Problem {
    let observations: Observations
    let coordinates: Coordinates
    /// How often each row counts; 0 leaves it out.
    var multiplicity: [Double]
    /// What was measured at each row, or in a bootstrap draw might have been.
    var measured: [Double]
    private var data: TapeEvaluation
    private var centre: TapeEvaluation

    init(_ observations: Observations, _ coordinates: Coordinates) {
        self.observations = observations
        self.coordinates = coordinates
        multiplicity = Array(repeating: 1, count: observations.count)
        measured = observations.measured
        data = TapeEvaluation(observations.tape)
        centre = coordinates.workspace()
    }

    var size: Int { coordinates.free.count }

    struct Value {
        /// Σ mᵢρ(rᵢ); infinite where the law is not finite.
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
                let ratio = isLogarithmic ? Double.log(values[row]) - .log(measured[row]) : values[row] - measured[row]
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

    private func accumulate(_ gradient: inout [Double], _ hessian: inout [Double], _ count: Int) -> Double {
        let isLogarithmic = observations.objective.isLogarithmic
        let delta = observations.objective.delta ?? .infinity
        return data.withResult { values, slots in
            let used = slots.indices.filter { slots[$0] != nil }
            var derivative = [Double](repeating: 0, count: slots.count)
            var objective = 0.0
            for row in 0..<observations.count where multiplicity[row] > 0 {
                let value = values[row]
                let weight = observations.inverseSigma[row]
                var residual = (value - measured[row]) * weight
                var factor = weight
                if isLogarithmic {
                    guard value > 0 else { return .infinity }
                    residual = (.log(value) - .log(measured[row])) * weight
                    factor = weight / value
                }
                guard residual.isFinite else { return .infinity }
                let isOutside = abs(residual) > delta
                let times = multiplicity[row]
                objective += times * (isOutside ? delta * (abs(residual) - delta / 2) : residual * residual / 2)
                let curvature = isOutside ? times * delta / abs(residual) : times
                for slot in used { derivative[slot] = (slots[slot]?[row] ?? 0) * factor }
                for slot in used {
                    let place = Int(observations.places[slot][row])
                    let scaled = curvature * derivative[slot]
                    gradient[place] += scaled * residual
                    for other in used {
                        hessian[place * count + Int(observations.places[other][row])] += scaled * derivative[other]
                    }
                }
            }
            return objective
        } ?? .infinity
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
                let weight = multiplicity[row] * observations.inverseSigma[row] * observations.inverseSigma[row]
                sum += weight * (.log(measured[row]) - .log(predicted[row]))
                weights += weight
            }
            if weights > 0, sum.isFinite { result[coordinate] += sum / weights }
        }
        return result
    }

    private mutating func projected(_ start: [Double], _ linear: [Int]) -> [Double] {
        let mapped = coordinates.map(start, &centre)
        data.evaluate(places: observations.places, parameters: mapped.values)
        var unit: [Int: (place: Int, scale: Double)] = [:]
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
        _ unit: [Int: (place: Int, scale: Double)], _ gradient: inout [Double], _ hessian: inout [Double]
    ) {
        let count = gradient.count
        let isLogarithmic = observations.objective.isLogarithmic
        _ = data.withResult { values, slots in
            for row in 0..<observations.count where multiplicity[row] > 0 {
                let measured = self.measured[row]
                let weight = isLogarithmic ? 1 / measured : observations.inverseSigma[row]
                let scaled = multiplicity[row] * weight * weight
                var terms: [(place: Int, value: Double)] = []
                for (slot, column) in slots.enumerated() {
                    guard let column, let term = unit[Int(observations.places[slot][row])] else { continue }
                    terms.append((term.place, column[row] * term.scale))
                }
                for term in terms {
                    gradient[term.place] += scaled * term.value * (values[row] - measured)
                    for other in terms {
                        hessian[term.place * count + other.place] += scaled * term.value * other.value
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
