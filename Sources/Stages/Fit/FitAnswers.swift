import JSON
import Records
import ScalingLaws

/// A fitted law with what else was asked of it.
struct FitAnswers {
    let fit: Fit
    let predictions: [Prediction]
    /// The tokens at which QiD reaches the threshold, by size and bit width.
    let trainingLevels: [TrainingLevel]
    /// The fewest bits that keep QiD within the threshold, by size and tokens.
    let fewestBits: [FewestBits]
    /// The tokens beyond which more training hurts, by size and bit width.
    let criticalTokens: [CriticalTokens]
    /// The sizes at which a bit width and 16 bits are equally good in the same memory, by bit width and tokens.
    let breakEvens: [BreakEven]
    /// What fills the memory asked about, by tokens, the best first.
    let filling: [FillingModel]
    /// How well each count of size predicts sizes held out; nil where it was not asked.
    let sizeChoice: SizeChoice?
    let showsProfiles: Bool

    struct FewestBits {
        let at: Conditions
        let likely: Double?
        let safe: Double?
    }

    /// The points are what the fit was given, in which 16-bit losses are looked for.
    init(
        _ fit: Fit, to request: FitRequest, predictions wanted: [Conditions], _ points: MeasuredPoints
    ) throws(ScalingLawsError) {
        self.fit = fit
        showsProfiles = request.profiles
        if request.whichN {
            guard let choice = SizeChoice(points.points, fit.law, try request.options()) else {
                throw .noAnswer(
                    "which N: the law needs params^alpha, and the points three sizes with params_total, width and depth"
                )
            }
            sizeChoice = choice
        } else {
            sizeChoice = nil
        }
        predictions = try fit.predict(wanted)
        let measured = fit.residuals.map(\.point.conditions)
        let sizes = Set((measured + wanted).map(\.params)).sorted()
        let widths = Set((measured + wanted).map(\.bits)).sorted { ($0 ?? 0) > ($1 ?? 0) }
        if let threshold = request.threshold {
            trainingLevels = try fit.trainingLevels(threshold, params: sizes, bits: widths, like: measured.first)
            let places = wanted.isEmpty ? Self.latest(measured) : wanted
            let known = Set(measured.compactMap(\.bits)).sorted()
            let offered = fit.isPerBit || known.count < 2 ? known : (2...16).map(Double.init)
            fewestBits =
                fit.law.uses(.bits)
                ? try Self.fewest(fit, within: threshold, at: places, among: offered) : []
        } else {
            (trainingLevels, fewestBits) = ([], [])
        }
        guard request.critical || request.equalMemory || request.bytes != nil else {
            (criticalTokens, breakEvens, filling) = ([], [], [])
            return
        }
        let model = try LossModel(
            fit, baseline: try request.baselineLaw(), points: points.points + points.baselines, try request.options())
        let forms = Self.forms(measured, widths.compactMap { $0 }.filter { $0 < 16 })
        criticalTokens = request.critical ? try Self.critical(model, sizes, forms) : []
        let latest = measured.map(\.tokens).max().map { [$0] } ?? []
        let tokens = wanted.isEmpty ? latest : Set(wanted.map(\.tokens)).sorted()
        breakEvens = request.equalMemory ? try Self.breakEvens(model, tokens, forms, points.bitsPerWeight) : []
        filling =
            try request.bytes.map { (bytes) throws(ScalingLawsError) in
                try Self.filling(model, bytes, tokens, forms, points.bitsPerWeight)
            } ?? []
    }

    /// One of the measured forms of compression for each bit width.
    private static func forms(_ measured: [Conditions], _ widths: [Double]) -> [Conditions] {
        widths.compactMap { width in
            var form = measured.first { $0.bits == width } ?? measured.first { ($0.bits ?? 16) < 16 }
            form?.bits = width
            return form
        }
    }

    private static func critical(
        _ model: LossModel, _ sizes: [Double], _ forms: [Conditions]
    ) throws(ScalingLawsError) -> [CriticalTokens] {
        var answers: [CriticalTokens] = []
        for size in sizes {
            for form in forms {
                var place = form
                place.params = size
                answers.append(try model.criticalTokens(at: place))
            }
        }
        return answers
    }

    private static func breakEvens(
        _ model: LossModel, _ tokens: [Double], _ forms: [Conditions], _ bitsPerWeight: [Double: Double]
    ) throws(ScalingLawsError) -> [BreakEven] {
        var answers: [BreakEven] = []
        for tokens in tokens {
            for form in forms {
                var place = form
                place.tokens = tokens
                answers.append(
                    try model.breakEven(at: place, bitsPerWeight: form.bits.flatMap { bitsPerWeight[$0] }))
            }
        }
        return answers
    }

    private static func filling(
        _ model: LossModel, _ bytes: Double, _ tokens: [Double], _ forms: [Conditions],
        _ bitsPerWeight: [Double: Double]
    ) throws(ScalingLawsError) -> [FillingModel] {
        let stored = forms.compactMap { form in
            form.bits.map { (form: form, bitsPerWeight: bitsPerWeight[$0] ?? $0) }
        }
        var models: [FillingModel] = []
        for tokens in tokens { models += try model.models(filling: bytes, tokens: tokens, forms: stored) }
        return models
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
    /// The fit's document with what was asked besides.
    ///
    ///     "predictions": [{"params", "tokens", "bits", "value", "low", "high", "beyond_hull", "warnings"}],
    ///     "training_levels": [{"threshold", "params", "bits", "tokens", "low", "high", "beyond_hull"}],
    ///     "fewest_bits": [{"params", "tokens", "likely", "safe"}],
    ///     "critical_tokens": [{"params", "bits", "tokens", "low", "high", "beyond_hull", "always_falls"}],
    ///     "break_even": [{"tokens", "bits", "bits_per_weight", "params", "low", "high", "beyond_hull",
    ///                     "better_below", "better_above"}],
    ///     "filling": [{"bytes", "tokens", "bits", "bits_per_weight", "params", "loss", "low", "high", "excess",
    ///                  "excess_low", "excess_high", "beyond_hull"}],
    ///     "which_n": {"chosen", "candidates": [{"measure", "law", "error"}], "foretold": {"measure", "what", …} or null},
    ///     "profiles": {"alpha": {"low", "high"}, …}, "correlation": {"alpha": {"beta": …}, …}
    var json: JSONValue {
        guard case .object(var object) = JSONValue(fit) else { return JSONValue(fit) }
        if !predictions.isEmpty { object["predictions"] = .array(predictions.map { JSONValue($0) }) }
        if !trainingLevels.isEmpty { object["training_levels"] = .array(trainingLevels.map { JSONValue($0) }) }
        if !fewestBits.isEmpty { object["fewest_bits"] = .array(fewestBits.map(\.json)) }
        if !criticalTokens.isEmpty { object["critical_tokens"] = .array(criticalTokens.map { JSONValue($0) }) }
        if !breakEvens.isEmpty { object["break_even"] = .array(breakEvens.map { JSONValue($0) }) }
        if !filling.isEmpty { object["filling"] = .array(filling.map(\.json)) }
        object["which_n"] = sizeChoice.map { JSONValue($0) }
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

extension FillingModel {
    fileprivate var json: JSONValue {
        [
            "bytes": .finite(at.params * bitsPerWeight / 8), "tokens": .finite(at.tokens), "bits": .finite(at.bits),
            "bits_per_weight": .finite(bitsPerWeight), "params": .finite(at.params), "loss": .finite(loss.value),
            "low": .finite(loss.low), "high": .finite(loss.high), "excess": .finite(excess.value),
            "excess_low": .finite(excess.low), "excess_high": .finite(excess.high),
            "beyond_hull": .finite(beyondHull),
        ]
    }
}

extension FitAnswers.FewestBits {
    fileprivate var json: JSONValue {
        ["params": .finite(at.params), "tokens": .finite(at.tokens), "likely": .finite(likely), "safe": .finite(safe)]
    }
}
