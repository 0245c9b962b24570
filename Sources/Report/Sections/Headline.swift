internal import Presentation
internal import RealModule
internal import Records
internal import ScalingLaws

/// The result in a few sentences, computed from the content: what a command prints and a report begins with.
package func headline(for content: ReportContent) -> String {
    Prose.plain(markedHeadline(for: content))
}

/// The headline with its formulas marked.
func markedHeadline(for content: ReportContent) -> String {
    Headline(content: content).sentences.joined(separator: " ")
}

private struct Headline {
    let content: ReportContent

    /// How well the law of distortion foretells a method that it has not seen, or that there is no law.
    private var foretold: String? {
        guard let fit = content.laws.map(\.fit).first(where: \.law.isOfDistortion) else {
            return content.laws.isEmpty ? "No law was fitted to these points." : nil
        }
        guard let error = fit.heldOut.first(where: { $0.kind == .methods })?.rmsLogError else { return nil }
        return
            "What a method costs follows from the errors of its layers and a probe of the model: the law \(fit.law.name), fitted "
            + "to all other methods, is typically off by a factor of \(Figures.significant(Double.exp(error), digits: 3))."
    }

    var sentences: [String] {
        guard !content.measurements.isEmpty else { return ["Nothing has been measured."] }
        guard let lead = leadingLaw else {
            return [measured(of: nil), doubtful, ratio, methods, savings, foretold].compactMap(\.self)
        }
        return [
            growth(lead), measured(of: lead.law), doubtful, ratio, methods, savings, check(lead.law), warnings,
        ].compactMap(
            \.self)
    }

    /// Which method is better where there are two; of more specs, how many are worth their bits.
    private var methods: String? {
        let pairs = MethodPair.pairs(content.measurements)
        if let pair = pairs.first, pairs.count == 1 { return pair.sentence }
        guard !pairs.isEmpty, let comparison = MethodComparison(content.measurements) else { return nil }
        let (front, all) = (comparison.front, comparison.members.count)
        guard let first = front.first, let last = front.last, front.count > 1 else { return nil }
        return "Of \(all) specs, \(front.count) lose less than every other in as few bits per weight, from "
            + "\(Self.worth(first)) to \(Self.worth(last))."
    }

    private static func worth(_ member: MethodComparison.Member) -> String {
        "\(member.spec.name) (\(Figures.fixed(member.bitsPerWeight, decimals: 2)) bits, QiD "
            + "\(Figures.significant(member.qid, digits: 2)))"
    }

    private struct Lead {
        let law: FittedScheme
        /// The bit width spoken of; nil for a law of all.
        let bits: Double?
        let alpha: FittedParameter
        let beta: FittedParameter
    }

    /// The first law of the leading quantity whose growth with tokens the data hold, at its fewest bits; else the first.
    private var leadingLaw: Lead? {
        let ofQuantity = content.laws.filter { $0.fit.law.quantity == content.quantity }
        // Of the scheme with the most cells before those of others.
        let laws = content.schemes.flatMap { scheme in ofQuantity.filter { $0.scheme == scheme } }
        let leads =
            laws.filter { $0.fit.law.name.hasSuffix("-per-bit") }
            + laws.filter { !$0.fit.law.name.hasSuffix("-per-bit") }
        let candidates = leads.flatMap(Self.candidates)
        return candidates.first { $0.beta.identified && $0.beta.low > 0 } ?? candidates.first
    }

    /// A law's exponents of N and D, for each bit width that has its own, the fewest bits first.
    private static func candidates(_ law: FittedScheme) -> [Lead] {
        func parameter(_ name: String) -> FittedParameter? { law.fit.parameters.first { $0.name == name } }
        if let alpha = parameter("alpha"), let beta = parameter("beta") {
            return [Lead(law: law, bits: nil, alpha: alpha, beta: beta)]
        }
        let levels = Set(law.fit.residuals.compactMap(\.point.conditions.bits)).sorted()
        return levels.compactMap { bits in
            guard let alpha = parameter("alpha.\(Figures.bits(bits))"),
                let beta = parameter("beta.\(Figures.bits(bits))")
            else { return nil }
            return Lead(law: law, bits: bits, alpha: alpha, beta: beta)
        }
    }

    private func growth(_ lead: Lead) -> String {
        let name = SpecWords.shortName(of: lead.law.scheme, in: content)
        let scope = name == lead.law.scheme ? "under \(name)" : name
        let place = lead.bits.map { "At \(Figures.bits($0)) bits \(scope)" } ?? "Over all bit widths \(scope)"
        let family = lead.law.name(among: content.laws) == lead.law.scheme ? nil : lead.law.family
        let subject = family.map { " to \($0)" } ?? ""
        let tokens = Self.power(lead.beta, of: "⟦D", up: "grows", down: "falls", with: "training tokens")
        let size = Self.power(lead.alpha, of: "1/⟦N", up: "falls", down: "grows", with: "model size")
        let what = content.quantity == .kl ? "how far compression moves predictions" : "the loss that compression adds"
        let phase = lead.law.fit.phase.map { ", of \($0.rawValue) checkpoints" } ?? ""
        return "\(place)\(phase), \(what)\(subject) (\(content.quantity.symbol)) \(tokens) and \(size)."
    }

    /// `grows with training tokens as D^0.43 [0.38, 0.49]` if the data hold the exponent off zero, else that they do not.
    private static func power(
        _ exponent: FittedParameter, of base: String, up: String, down: String, with what: String
    ) -> String {
        let number = Figures.estimate(exponent.value, low: exponent.low, high: exponent.high)
        let parts = number.split(separator: " ", maxSplits: 1)
        let power = base + "^\(parts.first ?? "")⟧" + (parts.count == 2 ? " " + parts[1] : "")
        if exponent.identified, exponent.low > 0 { return "\(up) with \(what) as \(power)" }
        if exponent.identified, exponent.high < 0 { return "\(down) with \(what) as \(power)" }
        return "shows no clear trend with \(what) (\(power))"
    }

    private func measured(of law: FittedScheme?) -> String {
        let family = law?.name(among: content.laws) == law?.scheme ? nil : law?.family
        let cells = content.measurements.filter {
            (law == nil || $0.scheme == law?.scheme) && (family == nil || $0.family == family)
        }
        let sizes = Set(cells.map(\.params)).sorted()
        let checkpoints = Set(cells.map(\.model.checkpoint)).count
        let ranges = Set(cells.map(\.bits)).sorted(by: >).map { bits in
            let values = cells.filter { $0.bits == bits }.map { $0.damage(content.quantity) }
            return Self.span(values.min() ?? 0, values.max() ?? 0) { Figures.significant($0, digits: 2) }
                + " nats at \(Figures.bits(bits)) bits"
        }
        let tokens = cells.compactMap(\.tokens)
        return "Measured on \(Self.counted(checkpoints, "checkpoint")) of \(Self.counted(sizes.count, "size")) ("
            + Self.span(sizes.first ?? 0, sizes.last ?? 0, Figures.count) + " non-embedding parameters, "
            + (tokens.isEmpty ? "" : Self.span(tokens.min() ?? 0, tokens.max() ?? 0, Figures.count) + " ")
            + "\(tokens.isEmpty ? "an unknown number of " : "")tokens), \(content.quantity.symbol) is "
            + Self.list(ranges) + "."
    }

    /// How many of them fits leave out, and why.
    private var doubtful: String? {
        let cells = content.measurements
        let checkpoints = { (cells: [MeasuredCell]) in Set(cells.map(\.model.checkpoint)).count }
        let left = content.keepsDoubtful ? 0 : checkpoints(cells.filter(\.model.isDoubtful))
        let unknown = checkpoints(cells.filter { $0.tokens == nil && (content.keepsDoubtful || !$0.model.isDoubtful) })
        let parts = [
            left > 0 ? "\(Self.counted(left, "checkpoint")) that \(left == 1 ? "is" : "are") doubtful" : nil,
            unknown > 0 ? "\(Self.counted(unknown, "checkpoint")) whose tokens nobody says" : nil,
        ].compactMap(\.self)
        return parts.isEmpty ? nil : "Fits leave out " + Self.list(parts) + "."
    }

    /// How QiD compares with KL, over all cells.
    private var ratio: String? {
        let ratios = content.measurements.compactMap(\.degradation.ratio).sorted()
        guard content.quantity == .kl, ratios.count > 3 else { return nil }
        func quarter(_ number: Int) -> String {
            Figures.significant(ratios[number * (ratios.count - 1) / 4], digits: 2)
        }
        return "QiD is \(quarter(2)) of KL (median; \(quarter(1)) to \(quarter(3)) in the middle half of the cells)."
    }

    private var savings: String? { Savings(content)?.sentence }

    private func check(_ law: FittedScheme) -> String? {
        guard
            let heldOut = law.fit.heldOut.first(where: { $0.kind == .largestModel }),
            let error = heldOut.rmsLogError
        else { return nil }
        return
            "Fitted without the largest model, the law predicts that model's \(law.fit.law.quantity.symbol) to within a factor of "
            + Figures.significant(Double.exp(error), digits: 2) + " (root mean square)."
    }

    private var warnings: String? {
        let count = content.warnings.count
        guard count > 0 else { return nil }
        return count == 1 ? "The fits come with a warning." : "The fits come with \(count) warnings."
    }

    private static func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    private static func span(_ low: Double, _ high: Double, _ text: (Double) -> String) -> String {
        text(low) == text(high) ? text(low) : "\(text(low)) to \(text(high))"
    }

    private static func list(_ items: [String]) -> String {
        guard let last = items.last, items.count > 1 else { return items.first ?? "" }
        return items.dropLast().joined(separator: ", ") + " and " + last
    }
}
