package import FoundationEssentials
import JSON
import Pipeline
import Report
import ScalingLaws

/// Anybody's points, the laws to fit to them and what else to say.
package struct FitRequest: Sendable {
    package let points: URL
    /// Names or expressions; several are ranked.
    package let laws: [String]
    /// Nil: what suits the law.
    package let objective: String?
    /// The scheme with eff 1; nil: found by its usual names.
    package let reference: String?
    /// `NAME=LOW:HIGH` for parameters of the law.
    package let bounds: [String]
    /// `params=…,tokens=…,bits=…`: where predictions are wanted.
    package let predictions: [String]
    /// The QiD, in nats, at which training levels and the fewest bits are wanted.
    package let threshold: Double?
    /// Also profile intervals and the correlation of the parameters.
    package let profiles: Bool

    package init(
        points: URL, laws: [String], objective: String? = nil, reference: String? = nil, bounds: [String] = [],
        predictions: [String] = [], threshold: Double? = nil, profiles: Bool = false
    ) {
        self.points = points
        self.laws = laws
        self.objective = objective
        self.reference = reference
        self.bounds = bounds
        self.predictions = predictions
        self.threshold = threshold
        self.profiles = profiles
    }
}

/// Fits laws to the points of a CSV file and returns a JSON document or text for people.
///
/// One law's document is its fit. Several are ranked on the points that all can use, with one objective:
/// `{"ranking": [{"law", "n", "aicc", "excess_aicc", "bic", "held_out_error", "failure", "fit"}, …]}`, the best first;
/// `fit` is the document of the law fitted as if it were the only one.
package func fit(_ request: FitRequest, asJSON: Bool) throws(StageError) -> String {
    guard exists(request.points) else { throw .missing(path: request.points.path, what: "it is the file of points") }
    let csv = String(
        decoding: try attempt { () throws(WorkspaceError) in try readFile(request.points) }, as: UTF8.self)
    return try attempt { () throws(ScalingLawsError) in
        let points = try Points.parse(csv: csv)
        let laws = try request.boundedLaws()
        if laws.count == 1 {
            let answers = try request.answers(laws[0], points)
            return asJSON ? answers.json.prettyText : text(answers)
        }
        let ranking = try FitRanking(laws, points, request)
        return asJSON ? ranking.json.prettyText : text(ranking)
    }
}

extension FitRequest {
    /// The laws with the bounds that are for them; of several laws only some need have the parameter.
    fileprivate func boundedLaws() throws(ScalingLawsError) -> [Law] {
        var laws = try laws.map { (name) throws(ScalingLawsError) in try Laws.named(name) }
        for bound in bounds {
            let (name, range) = try FitOptions.bounds(bound)
            let having = laws.indices.filter { laws[$0].parameters.contains { $0.name == name } }
            for index in having.isEmpty ? laws.indices.prefix(1).map(\.self) : having {
                laws[index] = try laws[index].bounded([name: range])
            }
        }
        return laws
    }

    func options() throws(ScalingLawsError) -> FitOptions {
        FitOptions(
            objective: try objective.map { (text) throws(ScalingLawsError) in try Objective(text) },
            referenceScheme: reference)
    }

    func answers(_ law: Law, _ points: [Point]) throws(ScalingLawsError) -> FitAnswers {
        let wanted = try predictions.map { (text) throws(ScalingLawsError) in try Conditions(text) }
        return try FitAnswers(try ScalingLaws.fit(points, law, try options()), to: self, predictions: wanted)
    }
}

/// Several laws ranked on the same points, each with its own answers.
struct FitRanking {
    let ranked: [RankedLaw]
    /// In the order of `ranked`; nil for a law that could not be fitted.
    let answers: [FitAnswers?]

    init(_ laws: [Law], _ points: [Point], _ request: FitRequest) throws(ScalingLawsError) {
        let ranked = try rank(points, laws, try request.options())
        var answers: [FitAnswers?] = []
        for one in ranked {
            let isFitted = (try? one.outcome.get()) != nil
            answers.append(isFitted ? try request.answers(one.law, points) : nil)
        }
        self.ranked = ranked
        self.answers = answers
    }

    var json: JSONValue {
        [
            "ranking": .array(
                zip(ranked, answers).map { one, answers in
                    guard case .object(var object) = JSONValue(one) else { return .null }
                    object["fit"] = answers?.json ?? .null
                    return .object(object)
                })
        ]
    }
}
