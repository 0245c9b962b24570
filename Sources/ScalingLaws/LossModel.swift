/// Fits that together answer questions about a model: QiD alone, loss under compression, or a 16-bit loss law and a
/// QiD law added.
package enum LossModel: Sendable {
    case law(Fit)
    /// Loss16 of the first and QiD of the second; at 16 bits the first alone.
    case sum(baseline: Fit, qid: Fit)

    /// How many sets of parameters there are besides the best.
    var drawCount: Int {
        switch self {
        case .law(let fit): fit.draws.count
        case .sum(let baseline, let qid): min(baseline.draws.count, qid.draws.count)
        }
    }

    /// The model at conditions for one draw; nil for the best parameters.
    func values(at conditions: [Conditions], draw: Int?) throws(ScalingLawsError) -> [Double] {
        switch self {
        case .law(let fit): return try fit.values(at: conditions, draw: draw)
        case .sum(let baseline, let qid):
            let dense = conditions.map(\.uncompressed)
            let first = try baseline.values(at: dense, draw: draw)
            let compressed = conditions.indices.filter { (conditions[$0].bits ?? 16) < 16 }
            let second = try qid.values(at: compressed.map { conditions[$0] }, draw: draw)
            var sum = first
            for (index, value) in zip(compressed, second) { sum[index] += value }
            return sum
        }
    }
}

extension Conditions {
    /// The same size and tokens at 16 bits.
    var uncompressed: Conditions { Conditions(params: params, tokens: tokens, bits: 16) }
}

extension Fit {
    /// The law at conditions for one bootstrap draw; nil for the best parameters.
    func values(at conditions: [Conditions], draw: Int?) throws(ScalingLawsError) -> [Double] {
        guard !conditions.isEmpty else { return [] }
        return try Curve(law, names: parameters.map(\.name)).values(
            at: conditions, parameters: draw.map { draws[$0] } ?? parameters.map(\.value))
    }
}
