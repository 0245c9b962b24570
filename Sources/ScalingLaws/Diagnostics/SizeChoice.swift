import Presentation
import RealModule

/// Which count of a model's size a law of N should have, chosen by how well each predicts sizes that it was not fitted to.
///
/// Embeddings, depth and width matter in ways that no convention settles; where points have these columns, the same law in
/// each is fitted without one size after the other, and the one that is off by least over all of them is taken. Where
/// errors of layers and probes are measured, a law of these, which needs neither N nor D, is one of them. Two that differ
/// by less than a hundredth are as good, and the first is kept.
package struct SizeChoice: Sendable, Equatable {
    /// What may stand for N, or for N and D.
    package enum Measure: String, Sendable, CaseIterable {
        case params
        case paramsTotal = "params_total"
        case width
        case widthAndDepth = "width and depth"
        /// The errors of layers, and a probe of each checkpoint.
        case distortion = "layers' errors and probe"
    }

    /// A measure with its law and how far that is off on sizes held out.
    package struct Candidate: Sendable, Equatable {
        package var measure: Measure
        package var law: Law
        /// Root mean square of ln(predicted/measured) over every size, predicted from the others; nil where these do not
        /// identify the law.
        package var error: Double?
    }

    /// In the order of `Measure`.
    package var candidates: [Candidate]
    /// The sizes that were held out, by params.
    package var sizes: [Double]
    /// The measure that the sizes below the largest choose by themselves, and how well the law in it, fitted to them,
    /// predicts the largest; nil where fewer than four sizes are there, or none is chosen.
    package var foretold: Foretold?

    /// The largest size, predicted from the smaller ones.
    package struct Foretold: Sendable, Equatable {
        package var measure: Measure
        package var heldOut: HeldOut
    }

    package var chosen: Candidate? {
        var best: Candidate?
        for one in candidates {
            guard let error = one.error else { continue }
            if let known = best?.error, error > known - 0.01 { continue }
            best = one
        }
        return best
    }

    /// Compares the measures on the points that all of them can use; nil for a law that does not have `params^alpha`, or
    /// fewer than three sizes.
    package init?(_ points: [Point], _ law: Law, _ options: FitOptions = FitOptions()) {
        let isProbed = points.contains {
            $0.conditions.columns["sensitivity"] != nil && $0.conditions.columns["distortion"] != nil
        }
        let measures = Measure.allCases.filter { isProbed || $0 != .distortion }
        let laws = measures.compactMap { measure in law.counting(measure).map { (measure, $0) } }
        guard laws.count == measures.count else { return nil }
        var usable = points
        for (_, law) in laws {
            guard let formula = try? Formula(law) else { return nil }
            let objective = options.objective ?? law.objective(for: usable)
            let selected = PointSelection(usable, formula: formula, objective: objective, phases: options.phases).points
            if !selected.isEmpty { usable = selected }
        }
        let sizes = Set(usable.map(\.conditions.params)).sorted()
        guard sizes.count > 2 else { return nil }
        self.sizes = sizes
        candidates = laws.map { measure, law in
            Candidate(measure: measure, law: law, error: Self.error(usable, law, sizes, options))
        }
        foretold = Self.foretold(usable, law, largest: sizes.last ?? 0, options)
    }

    private static func foretold(_ points: [Point], _ law: Law, largest: Double, _ options: FitOptions) -> Foretold? {
        var options = options
        (options.bootstrapDraws, options.profiles, options.phases, options.holdsOut) = (0, false, .all, true)
        let smaller = points.filter { $0.conditions.params < largest }
        guard let chosen = SizeChoice(smaller, law, options)?.chosen, let fit = try? fit(points, chosen.law, options),
            let heldOut = fit.heldOut.first(where: { $0.kind == .largestModel }), heldOut.rmsLogError != nil
        else { return nil }
        return Foretold(measure: chosen.measure, heldOut: heldOut)
    }

    private static func error(_ points: [Point], _ law: Law, _ sizes: [Double], _ options: FitOptions) -> Double? {
        var options = options
        (options.bootstrapDraws, options.holdsOut, options.profiles) = (0, false, false)
        (options.phases, options.starts) = (.all, max(8, options.starts / 4))
        options.objective = options.objective ?? law.objective(for: points)
        var squares: [Double] = []
        for size in sizes {
            let kept = points.filter { $0.conditions.params != size }
            let out = points.filter { $0.conditions.params == size }
            guard let fit = try? fit(kept, law, options),
                fit.parameters.allSatisfy({ $0.isFixed || $0.standardError.isFinite && $0.identified }),
                let predictions = try? fit.values(at: out.map(\.conditions))
            else { return nil }
            for (prediction, point) in zip(predictions, out) {
                guard let measured = point.measured(law.quantity), measured > 0, prediction > 0 else { return nil }
                let ratio = Double.log(prediction / measured)
                squares.append(ratio * ratio)
            }
        }
        return (squares.reduce(0, +) / Double(squares.count)).squareRoot()
    }
}

extension Law {
    /// The same law with another count of size in the place of `params^alpha`; nil where that is not in it.
    package func counting(_ measure: SizeChoice.Measure) -> Law? {
        let index = formula.contains("params^alpha[bits]") ? "[bits]" : ""
        let power = "params^alpha" + index
        guard quantity.isDegradation, formula.contains(power),
            let alpha = parameters.first(where: { $0.name == "alpha" })
        else { return nil }
        var law = self
        guard measure != .params else { return law }
        if measure == .distortion { return Laws.ofLayersAndProbe(quantity) }
        let column = measure == .widthAndDepth ? "width" : measure.rawValue
        var replacement = "\(column)^alpha\(index)"
        if let place = law.parameters.firstIndex(of: alpha) {
            law.parameters[place].identifiedBy = .column(column)
            law.parameters[place].upper = 8
            law.parameters[place].lower = -8
            law.parameters[place].published = nil
        }
        if measure == .widthAndDepth {
            replacement = "(\(replacement) * depth^delta\(index))"
            law.parameters.append(LawParameter("delta", "δ", in: -8...8, identifiedBy: .column("depth")))
        }
        law.formula = formula.replacing(power, with: replacement)
        law.name = "\(quantity.rawValue) = \(law.formula)"
        law.display = law.name
        law.source = source + ", N counted by \(measure.rawValue)"
        return law
    }
}

extension SizeChoice.Foretold {
    /// How well the largest size was predicted unseen, a sentence.
    package var sentence: String {
        let error = heldOut.rmsLogError.map { Figures.significant(.exp($0)) } ?? ""
        let inside =
            heldOut.inside.map { ", \($0) of \(heldOut.points) points in their 95 % predictive intervals" } ?? ""
        let by = measure == .distortion ? "By \(measure.rawValue)" : "With N counted by \(measure.rawValue)"
        return "\(by), as cross-validation over the smaller sizes chooses, the largest "
            + "(\(heldOut.what)) is predicted unseen to within a factor of \(error) (root mean square)\(inside)."
    }
}
