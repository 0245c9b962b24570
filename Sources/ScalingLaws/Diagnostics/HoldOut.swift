import Presentation
import RealModule

extension Optimum {
    /// Fits without the largest size, without the last decade of tokens, without each bit width and, for a law of all
    /// methods, without each of these, where enough is left to fit, and what each says about the points that it has not seen.
    func holdOut() -> [HeldOut] {
        parts().compactMap(heldOut) + (heldOutMethods().map { [$0] } ?? [])
    }

    private func heldOut(_ part: Part) -> HeldOut? {
        let kept = usable.filter { !part.isOut($0) }
        let out = usable.filter(part.isOut)
        guard !out.isEmpty, !kept.isEmpty else { return nil }
        return heldOut(part, kept: kept, out: out)
    }

    /// Each method left out by itself, as one result; nil where a law is not of several methods together.
    private func heldOutMethods() -> HeldOut? {
        let methods = Set(usable.compactMap { $0.conditions.labels["method"] }).sorted()
        guard law.isOfDistortion, methods.count > 2 else { return nil }
        let results = methods.compactMap { method in
            heldOut(Part(kind: .methods, what: method) { $0.conditions.labels["method"] == method })
        }.filter { $0.obstacle == nil }
        guard !results.isEmpty else { return nil }
        let count = results.reduce(0) { $0 + $1.points }
        func mean(_ value: (HeldOut) -> Double?) -> Double? {
            let known = results.compactMap { one in value(one).map { (weight: Double(one.points), value: $0) } }
            let weight = known.reduce(0) { $0 + $1.weight }
            return weight > 0 ? known.reduce(0) { $0 + $1.weight * $1.value } / weight : nil
        }
        return HeldOut(
            what: "each of \(methods.count) methods in turn", kind: .methods, points: count,
            rmse: mean { $0.rmse * $0.rmse }?.squareRoot() ?? .nan,
            rmsLogError: mean { $0.rmsLogError.map { $0 * $0 } }?.squareRoot(),
            meanRatio: mean { $0.meanRatio.map { Double.log($0) } }.map { Double.exp($0) },
            belowNoise: results.reduce(0) { $0 + $1.belowNoise },
            inside: results.contains { $0.inside == nil } ? nil : results.reduce(0) { $0 + ($1.inside ?? 0) },
            obstacle: nil, parameters: [])
    }

    private struct Part {
        var kind: HeldOut.Kind
        var what: String
        var isOut: (Point) -> Bool
    }

    private func parts() -> [Part] {
        var parts: [Part] = []
        let sizes = Set(usable.map(\.conditions.params))
        if let largest = sizes.max(), sizes.count > 1 {
            let isOneSize = usable.count { $0.conditions.params == largest } * 20 >= usable.count
            let limit = isOneSize ? largest : largest / 1.5
            let what = isOneSize ? "params = \(Figures.compact(largest))" : "params > \(Figures.compact(limit))"
            parts.append(Part(kind: .largestModel, what: what) { $0.conditions.params >= limit })
        }
        let tokens = usable.map(\.conditions.tokens)
        if let last = tokens.max(), let first = tokens.min(), last > first * 10 {
            parts.append(
                Part(kind: .lastDecade, what: "tokens > \(Figures.compact(last / 10))") {
                    $0.conditions.tokens > last / 10
                }
            )
        }
        let usesBits = formula.expression.variables.contains(.bits)
        for bits in Set(usable.compactMap(\.conditions.bits)).sorted() where usesBits {
            parts.append(Part(kind: .bits, what: "bits = \(Figures.compact(bits))") { $0.conditions.bits == bits })
        }
        return parts
    }

    private func heldOut(_ part: Part, kept: [Point], out: [Point]) -> HeldOut? {
        var options = options
        (options.objective, options.phases) = (objective, .all)
        options.starts = max(8, options.starts / 4)
        var result = HeldOut(
            what: part.what, kind: part.kind, points: out.count, rmse: .nan, rmsLogError: nil, meanRatio: nil,
            inside: nil, obstacle: obstacle(kept, out), parameters: [])
        guard result.obstacle == nil else { return result }
        guard let fit = try? Optimum(kept, formula, options),
            let curve = try? Curve(law, names: fit.space.parameters.map(\.name)),
            let predicted = try? curve.values(at: out.map(\.conditions), parameters: fit.parameters),
            let slopes = try? curve.derivatives(at: out.map(\.conditions), parameters: fit.parameters),
            predicted.allSatisfy(\.isFinite)
        else {
            result.obstacle = "a fit to the others says nothing there"
            return result
        }
        let measured = out.map { $0.measured(law.quantity) ?? .nan }
        let pairs = zip(predicted, measured)
        let squares = pairs.map { ($0 - $1) * ($0 - $1) }
        let noise = out.map { $0.standardError(of: law.quantity) ?? 0 }
        let ratios = zip(pairs, noise).filter { $0.0 > 0 && $0.1 > 0 && $0.1 >= $1 }.map { Double.log($0.0.0 / $0.0.1) }
        let count = Double(ratios.count)
        result.rmse = (squares.reduce(0, +) / Double(squares.count)).squareRoot()
        result.rmsLogError = ratios.isEmpty ? nil : (ratios.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
        result.meanRatio = ratios.isEmpty ? nil : .exp(ratios.reduce(0, +) / count)
        result.belowNoise = out.count - ratios.count
        result.parameters = fit.space.parameters == space.parameters ? fit.parameters : []
        let summary = fit.summary()
        let intervals = predicted.indices.map {
            summary.predictive(at: out[$0].conditions, around: predicted[$0], slopes[$0])
        }
        if intervals.allSatisfy({ $0 != nil }) {
            result.inside = zip(intervals, measured).count { $0?.contains($1) ?? false }
        }
        return result
    }

    /// Why points say nothing of others, if they do not: a size, a number of tokens or of bits alone, or too few.
    private func obstacle(_ kept: [Point], _ out: [Point]) -> String? {
        for variable in formula.expression.variables.sorted(by: { $0.rawValue < $1.rawValue }) {
            func values(_ points: [Point]) -> Set<Double> {
                Set(points.compactMap { try? variable.value(at: $0.conditions, predicting: law.quantity) })
            }
            let known = values(kept)
            if known.count == 1, let one = known.first, values(out) != known {
                return "the others have \(variable.rawValue) \(Figures.compact(one)) alone"
            }
        }
        for label in formula.slots.compactMap(\.label) {
            let known = Set(kept.compactMap { label.level(of: $0.conditions) })
            if let level = out.compactMap({ label.level(of: $0.conditions) }).first(where: { !known.contains($0) }) {
                return "the others have no \(label.rawValue) \(level)"
            }
        }
        let free = coordinates.free.count
        return kept.count > free ? nil : "\(kept.count) other points do not identify \(free) parameters"
    }
}
