import JSON

/// What compression did to a loss, on the windows of the baseline's loss it is compared with; in nats per scored token.
package struct Degradation: Sendable, Equatable {
    /// Of the checkpoint in 16 bits.
    package var baselineLoss: Double
    package var qid: Double
    /// Standard error of QiD from blocks of windows; nil for a single window.
    package var qidStderr: Double?
    package var kl: Double
    /// Standard error of KL, likewise; nil also where an older version measured it.
    package var klStderr: Double?
    /// Standard error of ρ = QiD/KL, likewise.
    package var ratioStderr: Double?
    /// The share of scored tokens for which both hold the same one most likely.
    package var agreement: Double

    package init(
        baselineLoss: Double, qid: Double, qidStderr: Double?, kl: Double, klStderr: Double? = nil,
        ratioStderr: Double? = nil, agreement: Double
    ) {
        (self.baselineLoss, self.qid, self.qidStderr, self.kl) = (baselineLoss, qid, qidStderr, kl)
        (self.klStderr, self.ratioStderr, self.agreement) = (klStderr, ratioStderr, agreement)
    }

    /// ρ = QiD/KL: about 1 where compression acts as noise; nil where KL is 0.
    package var ratio: Double? { kl > 0 ? qid / kl : nil }

    var json: JSONValue {
        [
            "baseline_loss": .number(baselineLoss), "qid": .number(qid), "qid_stderr": .number(orNull: qidStderr),
            "kl": .number(kl), "kl_stderr": .number(orNull: klStderr), "rho_stderr": .number(orNull: ratioStderr),
            "agreement": .number(agreement),
        ]
    }

    init?(_ object: JSONObject) {
        guard let baselineLoss = object["baseline_loss"]?.double, let qid = object["qid"]?.double,
            let kl = object["kl"]?.double, let agreement = object["agreement"]?.double
        else { return nil }
        self.init(
            baselineLoss: baselineLoss, qid: qid, qidStderr: object["qid_stderr"]?.double, kl: kl,
            klStderr: object["kl_stderr"]?.double, ratioStderr: object["rho_stderr"]?.double, agreement: agreement)
    }
}
