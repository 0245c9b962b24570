internal import Records
internal import ScalingLaws

extension ReportContent {
    /// What the report speaks of first: KL, which is known best, unless laws of QiD alone were fitted.
    var quantity: Quantity {
        let fitted = Set(laws.map(\.fit.law.quantity))
        return fitted.contains(.qid) && !fitted.contains(.kl) ? .qid : .kl
    }

    /// Everything that fits and their predictions warn about, each once, with the fits concerned.
    var warnings: [(text: String, scopes: [String])] {
        var order: [String] = []
        var scopes: [String: [String]] = [:]
        for one in laws {
            let ofPredictions = one.predictions.flatMap(\.warnings).filter { $0.kind == .saturated }
            let extrapolation = [FitWarning.extrapolation(of: one.predictions)].compactMap(\.self)
            for warning in one.fit.warnings + extrapolation + ofPredictions {
                if scopes[warning.text] == nil { order.append(warning.text) }
                let scope = "\(one.fit.law.name), \(one.name(among: laws))"
                if scopes[warning.text]?.contains(scope) != true { scopes[warning.text, default: []].append(scope) }
            }
        }
        return order.map { ($0, scopes[$0] ?? []) }
    }
}

extension MeasuredCell {
    /// What compression did to the model, in nats per token; a cell has no loss of its own to show in its place.
    func damage(_ quantity: Quantity) -> Double { quantity == .kl ? degradation.kl : degradation.qid }

    /// Its standard error, where it is known.
    func damageError(_ quantity: Quantity) -> Double? {
        quantity == .kl ? degradation.klStderr : degradation.qidStderr
    }
}
