import ScalingLaws

/// A fit as text for a terminal.
func text(_ fit: Fit) -> String {
    let width = fit.parameters.map(\.name.count).max() ?? 0
    var lines = [
        "\(fit.law.name): \(fit.law.display)",
        "\(fit.n) points, objective \(fit.objective.name) = \(fit.objectiveValue), R² \(fixed(fit.r2, 4))"
            + " in \(fit.r2IsLogarithmic ? "logarithms" : "nats")"
            + ", \(fit.startsAtBest) of \(fit.starts) starts at the best",
        "",
    ]
    for parameter in fit.parameters {
        let name = parameter.name + String(repeating: " ", count: width - parameter.name.count)
        let note =
            parameter.isFixed
            ? "held" : parameter.atBound ? "at its bound" : parameter.identified ? "" : "not identified"
        lines.append(
            "  \(name)  \(digits(parameter.value))  [\(digits(parameter.low)), \(digits(parameter.high))]  \(note)")
    }
    for heldOut in fit.heldOut {
        let error = heldOut.rmsLogError.map { ", typically off by a factor of \(digits(exponential($0)))" } ?? ""
        lines.append(
            "held out \(heldOut.what): \(heldOut.points) points predicted, RMSE \(digits(heldOut.rmse)) nats\(error)")
    }
    for point in fit.leftOut { lines.append("left out point \(point.index + 1): \(point.reason)") }
    for warning in fit.warnings { lines.append("warning: \(warning.text)") }
    return lines.joined(separator: "\n") + "\n"
}

/// Six significant digits.
private func digits(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return "\(value)" }
    let magnitude = value.magnitude
    if magnitude >= 1e-3, magnitude < 1e6 { return fixed(value, max(0, 6 - decimalExponent(magnitude) - 1)) }
    let exponent = decimalExponent(magnitude)
    return "\(fixed(value / power(10, exponent), 5))e\(exponent)"
}
