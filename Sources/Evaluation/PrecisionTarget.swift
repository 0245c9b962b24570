/// How well a variant is to be known before no more windows are added; at least one of the two is asked for, and where
/// both are, both are reached.
package struct PrecisionTarget: Sendable, Hashable {
    /// The standard error of QiD, in nats.
    package var qidStderr: Double?
    /// The standard error of KL over KL.
    package var klError: Double?

    /// Nil where neither is asked for.
    package init?(qidStderr: Double?, klError: Double?) {
        guard qidStderr != nil || klError != nil else { return nil }
        (self.qidStderr, self.klError) = (qidStderr, klError)
    }

    package init(qidStderr: Double) { self.qidStderr = qidStderr }

    package init(klError: Double) { self.klError = klError }

    func check() throws(EvaluationError) {
        if let qidStderr, !(qidStderr > 0) { throw .standardErrorNotPositive(qidStderr) }
        if let klError, !(klError > 0) { throw .standardErrorNotPositive(klError) }
    }

    /// Whether standard errors of these sizes are as small as was asked; one that is not known is not.
    package func isReached(qidStderr: Double?, kl: Double, klStderr: Double?) -> Bool {
        let isQiDKnown = self.qidStderr.map { (qidStderr ?? .infinity) <= $0 } ?? true
        let isKLKnown = klError.map { (klStderr ?? .infinity) <= $0 * kl } ?? true
        return isQiDKnown && isKLKnown
    }
}

extension EvaluationResult {
    /// Whether enough is known, or never will be because the figures are not finite.
    func isKnown(to target: PrecisionTarget) -> Bool {
        if notFiniteAfter != nil { return true }
        return windowNLL.count >= WindowCount.least
            && target.isReached(qidStderr: qidStandardError, kl: kl, klStderr: klStandardError)
    }
}
