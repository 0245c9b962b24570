package import FoundationEssentials
import JSON
import Pipeline
import Records
package import ScalingLaws
import System
import Warehouse

/// Points, the laws to fit to them and what else to say.
package struct FitRequest: Sendable {
    /// Anybody's points in a CSV file, or the measurements of a workspace.
    package enum Source: Sendable {
        case file(URL)
        case workspace(URL)
    }

    package let source: Source
    /// Names or expressions; several are ranked.
    package let laws: [String]
    /// Nil: what suits the law.
    package let objective: String?
    /// The scheme with eff 1; nil: found by its usual names.
    package let reference: String?
    /// The phases of the learning rate that are fitted.
    package let phases: PhaseChoice
    /// `NAME=LOW:HIGH` for parameters of the law.
    package let bounds: [String]
    /// `params=…,tokens=…,bits=…`: where predictions are wanted.
    package let predictions: [String]
    /// The QiD, in nats, at which training levels and the fewest bits are wanted.
    package let threshold: Double?
    /// Also the tokens beyond which more training makes compressed models worse.
    package let critical: Bool
    /// Also the sizes at which a bit width and 16 bits are equally good in the same memory.
    package let equalMemory: Bool
    /// The memory of which it is asked what fills it best, in bytes.
    package let bytes: Double?
    /// The law of the 16-bit loss for these three; nil for `chinchilla`.
    package let baseline: String?
    /// Also which count of size the law should have.
    package let whichN: Bool
    /// Also profile intervals and the correlation of the parameters.
    package let profiles: Bool

    package init(
        source: Source, laws: [String], objective: String? = nil, reference: String? = nil,
        phases: PhaseChoice = .most, bounds: [String] = [], predictions: [String] = [], threshold: Double? = nil,
        critical: Bool = false, equalMemory: Bool = false, bytes: Double? = nil,
        baseline: String? = nil, whichN: Bool = false, profiles: Bool = false
    ) {
        self.whichN = whichN
        (self.source, self.laws, self.objective, self.reference) = (source, laws, objective, reference)
        self.phases = phases
        (self.bounds, self.predictions, self.threshold, self.critical) = (bounds, predictions, threshold, critical)
        (self.equalMemory, self.bytes, self.baseline, self.profiles) = (equalMemory, bytes, baseline, profiles)
    }
}

/// Fits laws to points and returns a JSON document or text for people; nothing is recorded.
///
/// One law's document is its fit. Several are ranked on the points that all can use, with one objective:
/// `{"ranking": [{"law", "n", "aicc", "excess_aicc", "bic", "held_out_error", "failure", "fit"}, …]}`, the best first;
/// `fit` is the document of the law fitted as if it were the only one. Of a workspace every scheme of every family is fitted
/// by itself: `{"schemes": [{"family", "scheme", …}]}`, each with the members of such a document.
package func fit(_ request: FitRequest, asJSON: Bool) throws(StageError) -> String {
    try Interruption.ending(status: ExitStatus.tryAgain.rawValue) { () throws(StageError) in
        try answer(request, asJSON: asJSON)
    }
}

private func answer(_ request: FitRequest, asJSON: Bool) throws(StageError) -> String {
    switch request.source {
    case .file(let file):
        guard try exists(file) else { throw .missing(path: file.path, what: "it is the file of points") }
        let bytes = try attempt { () throws(SystemError) in try readFile(file) }
        do throws(ScalingLawsError) {
            var points = try Points.parse(csv: bytes)
            for index in points.indices { points[index].conditions.takeFormatError() }
            let result = try request.result(MeasuredPoints(points: points))
            return asJSON ? result.json.prettyText : result.text
        } catch {
            throw error.isAboutTable ? .points(path: file.path, error) : .laws(error)
        }
    case .workspace(let location):
        let workspace = try attempt { () throws(WorkspaceError) in try Workspace(existing: location) }
        let reader = try attempt { () throws(WarehouseError) in try WarehouseReader(reading: workspace.warehouse) }
        return try fit(request, try FitPoints(reader, evaluations: nil), asJSON: asJSON)
    }
}

/// The same for every scheme of a warehouse.
private func fit(_ request: FitRequest, _ measured: FitPoints, asJSON: Bool) throws(StageError) -> String {
    var results: [(group: FitPoints.Group, result: FitResult)] = []
    for (group, points) in try measured.groups(for: request.laws) {
        results.append(
            (group, try attempt { () throws(ScalingLawsError) in try request.result(points) }))
    }
    guard !results.isEmpty else { throw .laws(.noAnswer("the warehouse holds no measurement that the law can use")) }
    guard asJSON else {
        return results.map { "\($0.group.family), \($0.group.scheme)\n\($0.result.text)" }.joined(separator: "\n")
    }
    let schemes = results.map { group, result -> JSONValue in
        let names = [
            JSONObject.Member(key: "family", value: .string(group.family)),
            JSONObject.Member(key: "scheme", value: .string(group.scheme)),
        ]
        guard case .object(let answers) = result.json else { return .object(JSONObject(names)) }
        return .object(JSONObject(names + answers.members))
    }
    let document: JSONValue = ["schemes": .array(schemes)]
    return document.prettyText
}

/// What is fitted, and what else is known about it.
struct MeasuredPoints {
    var points: [Point]
    /// Losses of 16-bit models besides those among the points.
    var baselines: [Point] = []
    /// What a weight takes, scales included, by nominal bits; nominal bits where nothing is known.
    var bitsPerWeight: [Double: Double] = [:]
}

/// One law's answers, or several laws ranked.
enum FitResult {
    case one(FitAnswers)
    case ranked(FitRanking)

    var json: JSONValue {
        switch self {
        case .one(let answers): answers.json
        case .ranked(let ranking): ranking.json
        }
    }

    var text: String {
        switch self {
        case .one(let answers): Stages.text(answers)
        case .ranked(let ranking): Stages.text(ranking)
        }
    }
}

extension FitRequest {
    func result(_ points: MeasuredPoints) throws(ScalingLawsError) -> FitResult {
        let laws = try boundedLaws(LawNames(of: points.points))
        return laws.count == 1 ? .one(try answers(laws[0], points)) : .ranked(try FitRanking(laws, points, self))
    }

    /// The laws with the bounds that are for them; of several laws only some need have the parameter.
    fileprivate func boundedLaws(_ names: LawNames) throws(ScalingLawsError) -> [Law] {
        var ranges: [(name: String, range: ClosedRange<Double>)] = []
        for bound in bounds { ranges.append(try FitOptions.bounds(bound)) }
        let declared = Dictionary(ranges.map { ($0.name, $0.range) }, uniquingKeysWith: { $1 })
        var laws = try laws.map { (name) throws(ScalingLawsError) in
            try Laws.named(name, names: names, bounds: declared)
        }
        for (name, range) in ranges {
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
            referenceScheme: reference, phases: phases, profiles: profiles)
    }

    func baselineLaw() throws(ScalingLawsError) -> Law { try Laws.named(baseline ?? Laws.chinchilla.name) }

    func answers(_ law: Law, _ points: MeasuredPoints) throws(ScalingLawsError) -> FitAnswers {
        let names = LawNames(of: points.points)
        let wanted = try predictions.map { (text) throws(ScalingLawsError) in
            var conditions = try Conditions(text, names: names)
            conditions.takeFormatError()
            return conditions
        }
        let fit = try ScalingLaws.fit(points.points, law, try options())
        return try FitAnswers(fit, to: self, predictions: wanted, points)
    }
}

/// Several laws ranked on the same points, each with its own answers.
struct FitRanking {
    let ranked: [RankedLaw]
    /// In the order of `ranked`; nil for a law that could not be fitted.
    let answers: [FitAnswers?]

    init(_ laws: [Law], _ points: MeasuredPoints, _ request: FitRequest) throws(ScalingLawsError) {
        let ranked = try rank(points.points, laws, try request.options())
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
