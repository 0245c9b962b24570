/// What pieces of work took, round by round.
struct Rounds {
    /// Each piece of work with each number of threads, in the order in which they were given.
    let series: [Series]

    var measurements: [Measurement] { series.map(measurement) }

    /// Processor seconds of one series for each of another in the same round; both by their places.
    func cpuRatio(_ name: String, of a: Int, to b: Int) -> Ratio {
        Ratio(name: name, value: MedianEstimate(quotients(series[a], series[b], \.cpuSeconds)))
    }

    private func measurement(_ series: Series) -> Measurement {
        let work = series.work
        let single = self.series.first { $0.work.name == work.name && $0.threads == 1 }
        // A limit's loop gives each thread as much to do as one alone.
        let more = work.amount.of(threads: series.threads) / work.amount.of(threads: 1)
        let speedups = series.threads > 1 ? single.map { quotients($0, series, \.wallSeconds).map { $0 * more } } : nil
        return Measurement(
            group: work.group, name: work.name, threads: series.threads, limit: work.limit,
            work: work.amount.of(threads: series.threads),
            tokens: work.tokens, cost: Cost.median(series.costs),
            share: series.shares.isEmpty ? nil : MedianEstimate(series.shares),
            speedup: speedups.map { MedianEstimate($0) })
    }

    private func quotients(_ a: Series, _ b: Series, _ part: (Cost) -> Double) -> [Double] {
        zip(a.costs, b.costs).map { Measurement.quotient(part($0), part($1)) }
    }
}
