package import ScalingLaws

/// Published constants that stand beside ours for comparison.
package enum PublishedValues {
    /// The value that belongs beside a fitted parameter; nil where none was published.
    ///
    /// The law's own, or for the law with one of each per bit width those behind Table 1 of arXiv 2411.17691. The paper does
    /// not print these: they are derived from its table, which does not follow from its unified law.
    package static func value(_ parameter: FittedParameter, of law: Law) -> Double? {
        law.name == "qid-per-bit" ? behindTable1[parameter.name] : parameter.published
    }

    /// What to say of them beside a table.
    package static let note = """
        Published values are of other models under another method: the unified law's of Pythia under GPTQ (arXiv 2411.17691, \
        k 0.017, α 0.2261, β 0.5251, γ 5.4967), those per bit width derived from that paper's Table 1, which its unified \
        law does not reproduce. They stand here for comparison, not as a target; k depends on the scale of N and D.
        """

    private static let behindTable1 = [
        "k.4": 6.1323e-6, "alpha.4": 0.38350, "beta.4": 0.65506, "k.3": 1.170e-5, "alpha.3": 0.3547, "beta.3": 0.6728,
        "k.2": 3.8e-4, "alpha.2": 0.225, "beta.2": 0.524,
    ]
}
