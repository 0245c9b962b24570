import JSON
import Report
import ScalingLaws

/// A fitted law with what else was asked of it.
struct FitAnswers {
    let fit: Fit
    let predictions: [Prediction]
    /// The tokens at which QiD reaches the threshold, by size and bit width.
    let trainingLevels: [TrainingLevel]
    /// The fewest bits that keep QiD within the threshold, by size and tokens.
    let fewestBits: [FewestBits]
    let showsProfiles: Bool

    struct FewestBits {
        let at: Conditions
        let likely: Double?
        let safe: Double?
    }

    init(_ fit: Fit, to request: FitRequest, predictions wanted: [Conditions]) throws(ScalingLawsError) {
        self.fit = fit
        showsProfiles = request.profiles
        predictions = try fit.predict(wanted)
        guard let threshold = request.threshold else {
            (trainingLevels, fewestBits) = ([], [])
            return
        }
        let measured = fit.residuals.map(\.point.conditions)
        let sizes = Set((measured + wanted).map(\.params)).sorted()
        let widths = Set((measured + wanted).map(\.bits)).sorted { ($0 ?? 0) > ($1 ?? 0) }
        trainingLevels = try fit.trainingLevels(threshold, params: sizes, bits: widths, like: measured.first)
        let places = wanted.isEmpty ? Self.latest(measured) : wanted
        let offered = fit.isPerBit ? Set(measured.compactMap(\.bits)).sorted() : [2, 3, 4, 5, 6, 8]
        fewestBits =
            fit.law.formula.contains("bits") ? try Self.fewest(fit, within: threshold, at: places, among: offered) : []
    }

    private static func fewest(
        _ fit: Fit, within budget: Double, at places: [Conditions], among bits: [Double]
    ) throws(ScalingLawsError) -> [FewestBits] {
        var answers: [FewestBits] = []
        for place in places where !answers.contains(where: { $0.at.isSameModel(as: place) }) {
            let (likely, safe) = try LossModel.law(fit).fewestBits(within: budget, at: place, among: bits)
            answers.append(FewestBits(at: place, likely: likely, safe: safe))
        }
        return answers
    }

    /// Every size with the most tokens at which it was measured.
    private static func latest(_ measured: [Conditions]) -> [Conditions] {
        Dictionary(grouping: measured, by: \.params).sorted { $0.key < $1.key }.compactMap { _, places in
            places.max { $0.tokens < $1.tokens }
        }
    }
}

extension Conditions {
    fileprivate func isSameModel(as other: Conditions) -> Bool { params == other.params && tokens == other.tokens }
}

extension FitAnswers {
    /// The fit's document with what was asked besides:
    ///
    ///     "predictions": [{"params", "tokens", "bits", "value", "low", "high", "beyond_hull", "warnings"}],
    ///     "training_levels": [{"threshold", "params", "bits", "tokens", "low", "high", "beyond_hull"}],
    ///     "fewest_bits": [{"params", "tokens", "likely", "safe"}],
    ///     "profiles": {"alpha": {"low", "high"}, …}, "correlation": {"alpha": {"beta": …}, …}
    var json: JSONValue {
        guard case .object(var object) = JSONValue(fit) else { return JSONValue(fit) }
        if !predictions.isEmpty { object["predictions"] = .array(predictions.map { JSONValue($0) }) }
        if !trainingLevels.isEmpty { object["training_levels"] = .array(trainingLevels.map { JSONValue($0) }) }
        if !fewestBits.isEmpty { object["fewest_bits"] = .array(fewestBits.map(\.json)) }
        if showsProfiles {
            object["profiles"] = .object(
                JSONObject(
                    fit.parameters.compactMap { one in
                        one.profile.map {
                            .init(
                                key: one.name, value: ["low": .finite($0.lowerBound), "high": .finite($0.upperBound)])
                        }
                    }))
            object["correlation"] = correlation
        }
        return .object(object)
    }

    private var correlation: JSONValue {
        let names = fit.parameters.map(\.name)
        return .object(
            JSONObject(
                zip(names, fit.correlation).map { name, row in
                    .init(
                        key: name,
                        value: .object(JSONObject(zip(names, row).map { .init(key: $0, value: .finite($1)) })))
                }))
    }
}

extension FitAnswers.FewestBits {
    fileprivate var json: JSONValue {
        ["params": .finite(at.params), "tokens": .finite(at.tokens), "likely": .finite(likely), "safe": .finite(safe)]
    }
}
