import Compression
package import Evaluation

/// The evaluation of a whole model: its baseline alone, and with four specs in lockstep.
package enum ModelBenchmark {
    static func measure(
        _ shape: ModelShape, _ workload: Workload
    ) throws(BenchmarkError) -> (results: [Measurement], ratios: [Ratio]) {
        let directory = try TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let model = try SyntheticModel(shape, specs: try specs(workload), in: directory.location)
        try checkAgainstReference(model)
        let costs = try Runs(model, workload)
        return (costs.measurements(model, workload), costs.ratios(shape))
    }

    private static func specs(_ workload: Workload) throws(BenchmarkError) -> [Spec] {
        var specs: [Spec] = []
        do throws(CompressionError) {
            for bits in workload.roundingBits {
                specs.append(try Spec(method: .rtn, bits: bits, group: .size(workload.roundingGroup)))
            }
        } catch { throw .compression(error) }
        return specs
    }

    /// Compares every variant's loss on a short window with the plain decoder's: at most 10⁻⁴ nats a token apart.
    package static func checkAgainstReference(_ model: SyntheticModel) throws(BenchmarkError) {
        let tokens = model.tokens(8)
        let evaluation = try evaluate(try evaluator(model), tokens, context: tokens.count)
        for (result, store) in zip(evaluation.results, [model.baseline] + model.variants.map(\.store)) {
            let expected: Double
            do throws(CompressionError) {
                expected = try PlainDecoder(shape: model.shape, store: store).negativeLogLikelihood(tokens)
            } catch { throw .compression(error) }
            let scored = Double(tokens.count - 1)
            try Check.close(
                result.loss, expected / scored, tolerance: 1e-4, "loss of \(model.shape.name), \(result.name)")
        }
    }

    /// An evaluator of the baseline, and of the variants as well if wanted.
    package static func evaluator(
        _ model: SyntheticModel, lockstep: Bool = true
    ) throws(BenchmarkError) -> Evaluator {
        let variants = lockstep ? model.variants.map { Evaluator.Variant(name: $0.name, weights: $0.store) } : []
        do throws(EvaluationError) {
            return try Evaluator([Evaluator.Variant(name: "16-bit", weights: model.baseline)] + variants)
        } catch { throw .evaluation(error) }
    }

    fileprivate static func evaluate(
        _ evaluator: Evaluator, _ tokens: [UInt32], context: Int
    ) throws(BenchmarkError) -> Evaluation {
        do throws(EvaluationError) {
            return try evaluator.evaluate(tokens, Evaluator.Request(context: context))
        } catch { throw .evaluation(error) }
    }
}

/// The costs of the ways to evaluate one model, taken in turn so that a busy machine meets all of them alike.
private struct Runs {
    /// Baseline alone, with one thread and with all, and the specs in lockstep with all.
    private struct Turn {
        let single: Cost
        let all: Cost
        let lockstep: Cost
    }

    private var turns: [Turn] = []

    private static var width: Int { Stand.threadCounts.last ?? 1 }

    init(_ model: SyntheticModel, _ workload: Workload) throws(BenchmarkError) {
        let tokens = model.tokens(workload.modelWindows * workload.modelContext)
        let alone = try ModelBenchmark.evaluator(model, lockstep: false)
        let together = try ModelBenchmark.evaluator(model)
        let expected = try ModelBenchmark.evaluate(alone, tokens, context: workload.modelContext).results[0]
        func cost(_ evaluator: Evaluator, threads: Int) throws(BenchmarkError) -> Cost {
            var evaluation: Evaluation?
            let cost = try withThreads(threads) { () throws(BenchmarkError) in
                try Cost.of { () throws(BenchmarkError) in
                    evaluation = try ModelBenchmark.evaluate(evaluator, tokens, context: workload.modelContext)
                }
            }
            try Check.equal(evaluation?.results.first, expected, "\(model.shape.name) with \(threads) threads")
            return cost
        }
        for _ in 0..<max(1, workload.modelRepetitions) {
            turns.append(
                Turn(
                    single: try cost(alone, threads: 1), all: try cost(alone, threads: Self.width),
                    lockstep: try cost(together, threads: Self.width)))
        }
    }

    func measurements(_ model: SyntheticModel, _ workload: Workload) -> [Measurement] {
        let tokens = workload.modelWindows * workload.modelContext
        let flops = Double(model.shape.flopsPerToken * tokens)
        let specs = model.variants.count
        func measurement(_ name: String, _ threads: Int, _ times: Int, _ costs: [Cost]) -> Measurement {
            Measurement(
                group: "model", name: "\(model.shape.name) shape, \(name)", threads: threads, limit: .products,
                work: flops * Double(times), tokens: tokens, cost: Cost.median(costs))
        }
        return [
            measurement("baseline", 1, 1, turns.map(\.single)),
            measurement("baseline", Self.width, 1, turns.map(\.all)),
            measurement("baseline and \(specs) specs", Self.width, 1 + specs, turns.map(\.lockstep)),
        ]
    }

    /// The medians of what the runs of one turn come to.
    func ratios(_ shape: ModelShape) -> [Ratio] {
        [
            Ratio(
                name: "\(shape.name) shape: lockstep to baseline alone, CPU seconds",
                value: Cost.median(turns.map { Measurement.quotient($0.lockstep.cpuSeconds, $0.all.cpuSeconds) })),
            Ratio(
                name: "\(shape.name) shape: one thread to \(Self.width), wall seconds",
                value: Cost.median(turns.map { Measurement.quotient($0.single.wallSeconds, $0.all.wallSeconds) })),
        ]
    }
}
