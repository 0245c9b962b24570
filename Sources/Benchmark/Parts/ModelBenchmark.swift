import Compression
package import Evaluation
import System

/// The evaluation of a whole model: its baseline alone, and with four specs in lockstep.
package enum ModelBenchmark {
    static func measure(
        _ shape: ModelShape, _ workload: Workload, _ harness: Harness
    ) throws(BenchmarkError) -> (results: [Measurement], ratios: [Ratio]) {
        let directory = try BenchmarkError.attempt { () throws(SystemError) in try TemporaryDirectory("qid-bench") }
        defer { withExtendedLifetime(directory) {} }
        let model = try SyntheticModel(shape, specs: try specs(workload), in: directory.location)
        try checkAgainstReference(model)
        return try measure(model, workload, harness)
    }

    private static func measure(
        _ model: SyntheticModel, _ workload: Workload, _ harness: Harness
    ) throws(BenchmarkError) -> (results: [Measurement], ratios: [Ratio]) {
        let tokens = model.tokens(workload.modelWindows * workload.modelContext)
        let (alone, together) = (try evaluator(model, lockstep: false), try evaluator(model))
        let expected = try evaluate(alone, tokens, context: workload.modelContext).results[0]
        func work(_ name: String, _ evaluator: Evaluator, times: Int, threadCounts: [Int]) -> Work {
            Work(
                group: "model", name: "\(model.shape.name) shape, \(name)", limit: .products,
                amount: .whole(Double(times * tokens.count * model.shape.flopsPerToken)), tokens: tokens.count,
                threadCounts: threadCounts
            ) { (threads) throws(BenchmarkError) in
                let found = try evaluate(evaluator, tokens, context: workload.modelContext).results.first
                try Check.equal(found, expected, "\(model.shape.name) with \(threads) threads")
            }
        }
        let (specs, counts) = (model.variants.count, Work.threadCounts)
        let rounds = try harness.measure([
            work("baseline", alone, times: 1, threadCounts: counts),
            work("baseline and \(specs) specs", together, times: 1 + specs, threadCounts: counts.suffix(1)),
        ])
        let lockstep = rounds.cpuRatio(
            "\(model.shape.name) shape: lockstep to baseline alone, CPU seconds", of: counts.count,
            to: counts.count - 1)
        return (rounds.measurements, [lockstep])
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

    private static func evaluate(
        _ evaluator: Evaluator, _ tokens: [UInt32], context: Int
    ) throws(BenchmarkError) -> Evaluation {
        do throws(EvaluationError) {
            return try evaluator.evaluate(tokens, Evaluator.Request(context: context))
        } catch { throw .evaluation(error) }
    }
}
