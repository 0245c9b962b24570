/// Fits that together answer questions about a model: QiD alone, loss under compression, or a 16-bit loss law and a
/// QiD law added.
package enum LossModel: Sendable {
    case law(Fit)
    /// Loss16 of the first and QiD of the second; at 16 bits the first alone.
    case sum(baseline: Fit, qid: Fit)

    /// Sets of parameters: the best, or so many of the bootstrap's.
    enum Draws {
        case best
        case first(Int)
    }

    /// The model at conditions, one row for each set of parameters.
    func values(at conditions: [Conditions], _ draws: Draws) throws(ScalingLawsError) -> [[Double]] {
        switch self {
        case .law(let fit): return try fit.values(at: conditions, draws)
        case .sum(let baseline, let qid):
            let draws = shared(draws)
            var sums = try baseline.values(at: conditions.map(\.uncompressed), draws)
            let compressed = conditions.indices.filter { (conditions[$0].bits ?? 16) < 16 }
            let added = try qid.values(at: compressed.map { conditions[$0] }, draws)
            for row in sums.indices {
                for (place, index) in compressed.enumerated() { sums[row][index] += added[row][place] }
            }
            return sums
        }
    }

    /// As many draws as both fits of a sum have.
    private func shared(_ draws: Draws) -> Draws {
        guard case .sum(let baseline, let qid) = self, case .first(let count) = draws else { return draws }
        return .first(min(count, baseline.draws.count, qid.draws.count))
    }
}

extension Conditions {
    /// The same size and tokens at 16 bits.
    var uncompressed: Conditions { Conditions(params: params, tokens: tokens, bits: 16) }
}

extension Fit {
    /// The law at conditions, one row for each set of parameters.
    func values(at conditions: [Conditions], _ draws: LossModel.Draws) throws(ScalingLawsError) -> [[Double]] {
        let sets: [[Double]] =
            switch draws {
            case .best: [parameters.map(\.value)]
            case .first(let count): Array(self.draws.prefix(count))
            }
        guard !conditions.isEmpty else { return sets.map { _ in [] } }
        return try Curve(law, names: parameters.map(\.name)).values(at: conditions, draws: sets)
    }
}
