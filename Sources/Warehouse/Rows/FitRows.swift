internal import JSON
internal import Records
internal import ScalingLaws

extension FitRecord {
    private var fit: Fit { fitted.fit }

    func row(programVersion: String) -> TableRow {
        let fields: KeyValuePairs<String, SQLValue> = [
            "law": .text(fit.law.name), "scheme": .text(fitted.scheme), "family": .text(family),
            "objective": .text(fit.objective.name), "objective_value": .real(fit.objectiveValue), "n": .integer(fit.n),
            "left_out": .integer(fit.leftOut.count), "r2": .bound(fit.r2), "starts": .integer(fit.starts),
            "starts_at_best": .integer(fit.startsAtBest), "detail": .text(JSONValue(fit).canonicalText),
            "stage_version": .integer(Stage.fit.version),
        ]
        return TableRow("fit", key: ["key": .text(key)], fields, program: programVersion)
    }

    /// The rows of other tables that belong to the fit.
    var belongings: [TableRow] {
        fit.parameters.map(row) + fitted.predictions.map(row)
            + fit.warnings.enumerated().map { position, warning in
                TableRow(
                    "warning", key: ["fit": .text(key), "position": .integer(position)],
                    ["message": .text(warning.finding), "advice": .text(warning.advice)])
            }
    }

    private func row(of parameter: FittedParameter) -> TableRow {
        TableRow(
            "parameter", key: ["fit": .text(key), "name": .text(parameter.name)],
            [
                "value": .real(parameter.value), "low": .bound(parameter.low), "high": .bound(parameter.high),
                "at_bound": .integer(parameter.atBound ? 1 : 0),
            ])
    }

    private func row(of prediction: Prediction) -> TableRow {
        TableRow(
            "prediction",
            key: [
                "fit": .text(key), "quantity": .text(fit.law.quantity.rawValue + "_nats"),
                "scheme": .text(fitted.scheme), "params": .real(prediction.at.params),
                "tokens": .real(prediction.at.tokens), "bits": .number(prediction.at.bits ?? 16),
            ],
            [
                "value": .real(prediction.value), "low": .bound(prediction.low), "high": .bound(prediction.high),
                "beyond_hull": .bound(prediction.beyondHull),
            ])
    }
}
