import JSON

/// What compression did to a loss, on the windows of the baseline's loss it is compared with; in nats per scored token.
package struct Degradation: Sendable, Equatable {
    /// Of the checkpoint in 16 bits.
    package var baselineLoss: Double
    package var qid: Double
    /// Standard error of the mean of the windows' differences; nil for a single window.
    package var qidStderr: Double?
    package var kl: Double
    /// The share of scored tokens for which both hold the same one most likely.
    package var agreement: Double

    package init(baselineLoss: Double, qid: Double, qidStderr: Double?, kl: Double, agreement: Double) {
        (self.baselineLoss, self.qid, self.qidStderr, self.kl) = (baselineLoss, qid, qidStderr, kl)
        self.agreement = agreement
    }

    var json: JSONValue {
        [
            "baseline_loss": .number(baselineLoss), "qid": .number(qid), "qid_stderr": .number(orNull: qidStderr),
            "kl": .number(kl), "agreement": .number(agreement),
        ]
    }

    init?(_ object: JSONObject) {
        guard let baselineLoss = object["baseline_loss"]?.double, let qid = object["qid"]?.double,
            let kl = object["kl"]?.double, let agreement = object["agreement"]?.double
        else { return nil }
        self.init(
            baselineLoss: baselineLoss, qid: qid, qidStderr: object["qid_stderr"]?.double, kl: kl,
            agreement: agreement)
    }
}
