import RealModule

/// The largest model that fits into given memory in one form of compression, and what it loses.
package struct FillingModel: Sendable, Equatable {
    /// The form, the tokens asked for, and the N that fits.
    package var at: Conditions
    /// What a weight takes, scales included.
    package var bitsPerWeight: Double
    /// Loss with its 95 % interval, nats per token.
    package var loss: Estimate
    /// By how much it loses more than the best of those compared, with its 95 % interval; 0 for that one.
    package var excess: Estimate
    /// Factors beyond the data, as in `Prediction`.
    package var beyondHull: Double
}

extension LossModel {
    /// For each form of compression, and 16 bits, the model whose weights fill `bytes` after these tokens, the best first.
    ///
    /// N is what the law counts, usually without embeddings; the forms' own `params` and `tokens` are not used. Differences
    /// from the best are of the same draws, so what all forms share (the 16-bit loss law's errors) is not in them twice.
    package func models(
        filling bytes: Double, tokens: Double, forms: [(form: Conditions, bitsPerWeight: Double)]
    ) throws(ScalingLawsError) -> [FillingModel] {
        guard bytes > 0, bytes.isFinite else { throw .noAnswer("no model fits into \(bytes) bytes") }
        let compressed = forms.filter { $0.bitsPerWeight > 0 && ($0.form.bits ?? 16) < 16 }
        let all = compressed + [(form: Conditions(params: 1, tokens: tokens, bits: 16), bitsPerWeight: 16)]
        let places = all.map { $0.form.with(params: bytes * 8 / $0.bitsPerWeight, tokens: tokens) }
        guard let values = try values(at: places, .best).first,
            let best = values.indices.min(by: { values[$0] < values[$1] })
        else { return [] }
        let draws = try self.values(at: places, .first(Self.mostDraws))
        let wider = try places.map { (place) throws(ScalingLawsError) in try widening(at: [place]) }
        let models = places.indices.map { index in
            let loss = Interval.of(
                draws.map { $0[index] }, around: values[index], widening: wider[index], within: 0...Double.infinity)
            let more = Interval.of(
                draws.map { $0[index] - $0[best] }, around: values[index] - values[best],
                widening: max(wider[index], wider[best]), within: -Double.infinity...Double.infinity)
            let isBest = index == best
            return FillingModel(
                at: places[index], bitsPerWeight: all[index].bitsPerWeight,
                loss: Estimate(value: values[index], low: loss.low, high: loss.high),
                excess: isBest
                    ? Estimate(value: 0, low: 0, high: 0)
                    : Estimate(value: values[index] - values[best], low: more.low, high: more.high),
                beyondHull: beyondHull(places[index]))
        }
        return models.sorted { $0.loss.value < $1.loss.value }
    }
}
