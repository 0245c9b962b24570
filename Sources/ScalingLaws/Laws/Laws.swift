/// The laws known by name.
///
/// Each is a value: formula, bounds, units, published constants.
package enum Laws {
    package static let all = [
        klUnified, klPerBit, klDistortion, qidUnified, qidPerBit, qidExponential, qidGroup, qidDistortion, chinchilla,
        kaplan, effectiveParameters,
        capacity, sparsity, degradedLoss,
    ]

    /// The laws that are fitted where nobody asks for others: of KL, and of QiD beside it.
    package static let usual = [klUnified, klPerBit, qidUnified]

    /// The law of this name, or else the law that the text spells out (see `expression`).
    package static func named(
        _ text: String, names: LawNames = .warehouse, bounds: [String: ClosedRange<Double>] = [:]
    ) throws(ScalingLawsError) -> Law {
        if let law = all.first(where: { $0.name == text }) { return law }
        let isName = text.allSatisfy { $0.isLetter || $0 == "-" } && Variable(rawValue: text) == nil
        guard !isName else { throw .unknownLaw(text, known: all.map(\.name)) }
        return try expression(text, names: names, bounds: bounds)
    }

    package static let klUnified = Law(
        name: "kl-unified", quantity: .kl,
        formula: "k * tokens^beta / (params^alpha * bits^gamma)",
        display: "KL = k·D^β / (N^α·P^γ)", source: "the form of arXiv 2411.17691, of KL(p₁₆ ‖ p_q)",
        parameters: unpublished(qidUnified.parameters))

    package static let klPerBit = Law(
        name: "kl-per-bit", quantity: .kl,
        formula: "k[bits] * tokens^beta[bits] / params^alpha[bits]",
        display: "KL = k_P·D^β_P / N^α_P, one of each for every P",
        source: "the form behind Table 1 of arXiv 2411.17691, of KL(p₁₆ ‖ p_q)",
        parameters: unpublished(qidPerBit.parameters))

    package static let klDistortion = Law(
        name: "kl-distortion", quantity: .kl, formula: "c * (sensitivity * distortion)^p",
        display: "KL = c·(S·ō)^p, of all schemes together",
        source: "ō how far what is read behind sublayers moves, S = KL/ō of the checkpoint under noise",
        parameters: distortionParameters, defaultObjective: .log)

    package static let qidDistortion = Law(
        name: "qid-distortion", quantity: .qid, formula: "c * (sensitivity * distortion)^p",
        display: "QiD = c·(S·ō)^p, of all schemes together",
        source: "ō how far what is read behind sublayers moves, S = KL/ō of the checkpoint under noise; "
            + "c holds ρ = QiD/KL",
        parameters: distortionParameters)

    /// The law of distortion with an exponent of its own for what a checkpoint's probe says.
    static func ofLayersAndProbe(_ quantity: Quantity) -> Law {
        Law(
            name: "\(quantity.rawValue) = c * sensitivity^q * distortion^p", quantity: quantity,
            formula: "c * sensitivity^q * distortion^p", display: "\(quantity.symbol) = c·S^q·ō^p",
            source: klDistortion.source,
            parameters: distortionParameters + [
                LawParameter(
                    "q", "q", in: -2...4, starts: 0.5...1.5, identifiedBy: .column("sensitivity"), neutral: 1)
            ], defaultObjective: .log)
    }

    private static let distortionParameters = [
        LawParameter("c", "c", starts: 0.5...2, isScale: true),
        LawParameter(
            "p", "p", in: -2...4, starts: 0.5...1.5, identifiedBy: .column("distortion"), neutral: 1),
    ]

    private static func unpublished(_ parameters: [LawParameter]) -> [LawParameter] {
        parameters.map { parameter in
            var copy = parameter
            copy.published = nil
            return copy
        }
    }

    package static let qidUnified = Law(
        name: "qid-unified", quantity: .qid,
        formula: "k * tokens^beta / (params^alpha * bits^gamma)",
        display: "QiD = k·D^β / (N^α·P^γ)", source: "arXiv 2411.17691, unified law",
        parameters: [
            LawParameter("k", "k", unit: "N^α·bit^γ/D^β nats", published: 0.017),
            LawParameter("alpha", "α", in: -2...3, identifiedBy: .params, published: 0.2261),
            LawParameter("beta", "β", in: -2...3, identifiedBy: .tokens, published: 0.5251),
            LawParameter("gamma", "γ", in: -20...40, starts: 1...10, identifiedBy: .bits, published: 5.4967),
        ])

    package static let qidPerBit = Law(
        name: "qid-per-bit", quantity: .qid,
        formula: "k[bits] * tokens^beta[bits] / params^alpha[bits]",
        display: "QiD = k_P·D^β_P / N^α_P, one of each for every P", source: "arXiv 2411.17691, Table 1",
        parameters: [
            LawParameter("k", "k", unit: "N^α/D^β nats"),
            LawParameter("alpha", "α", in: -2...3, identifiedBy: .params),
            LawParameter("beta", "β", in: -2...3, identifiedBy: .tokens),
        ])

    package static let qidExponential = Law(
        name: "qid-exponential", quantity: .qid,
        formula: "k * tokens^beta / params^alpha * exp(-bits / gamma)",
        display: "QiD = k·D^β/N^α·e^(−P/γ)", source: "arXiv 2411.04330 (post-training)",
        parameters: [
            LawParameter("k", "k", unit: "N^α/D^β nats", published: 0.0598),
            LawParameter("alpha", "α", in: -2...3, identifiedBy: .params, published: 0.3439),
            LawParameter("beta", "β", in: -2...3, identifiedBy: .tokens, published: 0.5068),
            LawParameter(
                "gamma", "γ", in: 0.01...1e6, unit: "bit", starts: 0.2...5, isScale: true, identifiedBy: .bits,
                neutral: 1e6, published: 0.5907),
        ])

    package static let qidGroup = Law(
        name: "qid-group", quantity: .qid,
        formula: "k * tokens^beta * log2(group)^gammaG / (params^alpha * bits^gamma)",
        display: "QiD = k·D^β·(log₂ G)^γ_G / (N^α·P^γ)", source: "arXiv 2505.14302 (without P), 2411.17691 (P)",
        parameters: [
            LawParameter("k", "k", unit: "N^α·bit^γ/D^β nats", published: 0.2522),
            LawParameter("alpha", "α", in: -2...3, identifiedBy: .params, published: 0.3589),
            LawParameter("beta", "β", in: -2...3, identifiedBy: .tokens, published: 0.1610),
            LawParameter("gammaG", "γ_G", in: -10...10, identifiedBy: .group, published: 0.3533),
            LawParameter("gamma", "γ", in: -20...40, starts: 1...10, identifiedBy: .bits),
        ])

    package static let chinchilla = Law(
        name: "chinchilla", quantity: .loss,
        formula: "E + A / params^alpha + B / tokens^beta",
        display: "L = E + A/N^α + B/D^β", source: "arXiv 2203.15556, eq. 2; refitted in 2404.10102",
        parameters: [
            LawParameter("E", "E", unit: "nats", published: 1.8172),
            LawParameter("A", "A", unit: "N^α nats", published: 482.01),
            LawParameter("B", "B", unit: "D^β nats", published: 2085.43),
            LawParameter("alpha", "α", in: 0...3, published: 0.3478),
            LawParameter("beta", "β", in: 0...3, published: 0.3658),
        ],
        defaultObjective: .huberLog(delta: 1e-3))

    package static let kaplan = Law(
        name: "kaplan", quantity: .loss,
        formula: "((Nc / params)^(alphaN / alphaD) + Dc / tokens)^alphaD",
        display: "L = [(N_c/N)^(α_N/α_D) + D_c/D]^α_D", source: "arXiv 2001.08361, eq. 1.5; constants 2411.17691",
        parameters: [
            LawParameter("Nc", "N_c", unit: "N", starts: 1e6...1e22, isScale: true, published: 4.74e19),
            LawParameter("Dc", "D_c", unit: "D", starts: 1e6...1e22, isScale: true, published: 7.63e10),
            LawParameter("alphaN", "α_N", in: 0...3, starts: 0.01...0.5, published: 0.045),
            LawParameter("alphaD", "α_D", in: 1e-3...3, starts: 0.01...1, published: 0.399),
        ],
        defaultObjective: .log)

    package static let effectiveParameters = Law(
        name: "effective-parameters", quantity: .loss,
        formula: "a / (params * eff[scheme])^b + c / tokens^d + e",
        display: "L = a/(N·eff(C))^b + c/D^d + e, eff = 1 for the reference", source: "arXiv 2502.16440",
        parameters: [
            LawParameter("a", "a", unit: "N^b nats"),
            LawParameter("b", "b", in: 0...3),
            LawParameter("c", "c", unit: "D^d nats"),
            LawParameter("d", "d", in: 0...3),
            LawParameter("e", "e", unit: "nats"),
            LawParameter("eff", "eff", in: 0...1e3, starts: 0.02...1.2, isScale: true),
        ],
        defaultObjective: .log)

    package static let capacity = Law(
        name: "capacity", quantity: .loss,
        formula: "a / (params * L^compressed * (tanh(F * fidelity) * tanh(F * activation_fidelity))^C)^b"
            + " + c / tokens^d + e",
        display: "L = a/(N·eff)^b + c/D^d + e, eff = L·tanh(F·log_{1/4} GMSE)^C", source: "arXiv 2506.01863",
        parameters: [
            LawParameter("a", "a", unit: "N^b nats"),
            LawParameter("b", "b", in: 0...3),
            LawParameter("c", "c", unit: "D^d nats"),
            LawParameter("d", "d", in: 0...3),
            LawParameter("e", "e", unit: "nats"),
            LawParameter(
                "L", "L", in: 0.01...10, starts: 0.5...1.2, isScale: true, identifiedBy: .compressed, neutral: 1,
                published: 1),
            LawParameter("F", "F", in: 1e-3...100, starts: 0.1...2, isScale: true, published: 0.41),
            LawParameter("C", "C", in: 1e-3...100, starts: 0.3...3, isScale: true, published: 1.39),
        ],
        defaultObjective: .log)

    package static let sparsity = Law(
        name: "sparsity", quantity: .loss,
        formula: "(a * (1 - sparsity)^b + c) / params^d + e / tokens^f + g",
        display: "L = (a·(1−S)^b + c)·N^−d + e·D^−f + g, N the non-zero parameters", source: "arXiv 2309.08520, eq. 1",
        parameters: [
            LawParameter("a", "a", unit: "N^d nats"),
            LawParameter(
                "b", "b", in: 0...20, starts: 0.1...3, identifiedBy: .sparsity, neutral: 1, published: 0.82101),
            LawParameter("c", "c", unit: "N^d nats", identifiedBy: .sparsity),
            LawParameter("d", "d", in: 0...3, published: 0.39223),
            LawParameter("e", "e", unit: "D^f nats"),
            LawParameter("f", "f", in: 0...3, published: 0.88979),
            LawParameter("g", "g", unit: "nats", published: 4.51669),
        ],
        defaultObjective: .huber(delta: 1e-2))

    package static let degradedLoss = Law(
        name: "degraded-loss", quantity: .loss,
        formula: "E + A / params^a + B / tokens^b + compressed * k * tokens^beta / (params^alpha * bits^gamma)",
        display: "L_q = E + A/N^a + B/D^b + k·D^β/(N^α·P^γ); the last term for P < 16",
        source: "arXiv 2203.15556 and 2411.17691, joined",
        parameters: [
            LawParameter("E", "E", unit: "nats"),
            LawParameter("A", "A", unit: "N^a nats"),
            LawParameter("B", "B", unit: "D^b nats"),
            LawParameter("a", "a", in: 0...3),
            LawParameter("b", "b", in: 0...3),
            LawParameter("k", "k", unit: "N^α·bit^γ/D^β nats"),
            LawParameter("alpha", "α", in: -2...3),
            LawParameter("beta", "β", in: -2...3),
            LawParameter("gamma", "γ", in: -20...40, starts: 1...10),
        ],
        defaultObjective: .log)
}
