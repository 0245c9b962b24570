import Presentation
import RealModule

extension Optimum {
    /// Fits without the largest size, without the last decade of tokens and without each bit width, where enough is
    /// left to fit, and what each says about the points that it has not seen.
    func holdOut() -> [HeldOut] {
        let parts = self.parts()
        let results = parts.map { part -> HeldOut? in
            let kept = usable.filter { !part.isOut($0) }
            let out = usable.filter(part.isOut)
            guard !out.isEmpty, !kept.isEmpty else { return nil }
            return heldOut(part, kept: kept, out: out)
        }
        return results.compactMap { $0 }
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
        options.objective = objective
        options.starts = max(8, options.starts / 4)
        guard let fit = try? Optimum(kept, formula, options), fit.space.parameters == space.parameters,
            kept.count > fit.coordinates.free.count,
            let predicted = try? Curve(law, names: space.parameters.map(\.name)).values(
                at: out.map(\.conditions), parameters: fit.parameters)
        else { return nil }
        let pairs = zip(predicted, out.map { $0.measured(law.quantity) ?? .nan })
        let squares = pairs.map { ($0 - $1) * ($0 - $1) }
        let ratios = pairs.filter { $0 > 0 && $1 > 0 }.map { Double.log($0 / $1) }
        let count = Double(ratios.count)
        return HeldOut(
            what: part.what, kind: part.kind, points: out.count,
            rmse: (squares.reduce(0, +) / Double(squares.count)).squareRoot(),
            rmsLogError: ratios.isEmpty ? nil : (ratios.reduce(0) { $0 + $1 * $1 } / count).squareRoot(),
            meanRatio: ratios.isEmpty ? nil : .exp(ratios.reduce(0, +) / count), parameters: fit.parameters)
    }
}
