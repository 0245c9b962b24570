import Compression
import LanguageModel
import Records
import Report
import ScalingLaws

/// Reports' contents made from a known law with noise that is the same every time.
enum SampleContent {
    static let scheme = "rtn-asym-g16"

    static func cells(family: String = "neox", offset: Double = 0) throws -> [MeasuredCell] {
        var cells: [MeasuredCell] = []
        for (place, params) in [2.5e4, 8.5e4, 2e5, 1.2e6].enumerated() {
            for step in [64, 512, 1024, 4096] {
                for bits in [4.0, 3, 2] {
                    let tokens = Double(step) * 4096
                    let noise = 1 + 0.1 * Double((step / 64 + place * 7 + Int(bits) * 3) % 5 - 2)
                    let qid = 0.01 * Self.power(tokens / 1e6, bits) * Double(5 - place) * noise + offset
                    let degradation = Degradation(
                        baselineLoss: 3, qid: qid, qidStderr: qid.magnitude * 0.05 + 1e-4, kl: qid.magnitude * 1.1,
                        agreement: 0.9)
                    cells.append(
                        cell(
                            try Spec(method: .rtn, bits: Int(bits), group: .size(16), symmetric: false), degradation,
                            params: params, family: family, step: step, tokens: tokens, bitsPerWeight: bits + 1.25))
                }
            }
        }
        return cells
    }

    static func cell(
        _ spec: Spec, _ degradation: Degradation, params: Double, family: String = "neox", step: Int, tokens: Double,
        bitsPerWeight: Double
    ) -> MeasuredCell {
        let size = ModelSize(
            parameters: Int(params) + 1000, nonEmbeddingParameters: Int(params), layers: 2, width: 32, vocabulary: 1024)
        return MeasuredCell(
            evaluation: "\(family) \(params) \(step) \(spec)",
            model: MeasuredModel(
                checkpoint: "\(family) \(params) \(step)", size: size, family: family, step: step, tokens: tokens),
            spec: spec, bitsPerWeight: bitsPerWeight,
            scored: .init(shard: "heldout.jsonl", context: 256, tokens: .all, windows: 64),
            loss: degradation.baselineLoss + degradation.qid, degradation: degradation)
    }

    /// The square root of the tokens times a factor for the bits.
    private static func power(_ tokens: Double, _ bits: Double) -> Double {
        tokens.squareRoot() * (bits == 4 ? 0.1 : bits == 3 ? 0.5 : 4)
    }

    static func laws(_ cells: [MeasuredCell], names: [String] = ["qid-unified", "qid-per-bit"]) throws -> [FittedScheme]
    {
        let points = cells.map { cell in
            Point(
                Conditions(params: cell.params, tokens: cell.tokens ?? 0, bits: cell.bits), loss: cell.loss,
                qid: cell.qid, qidStderr: cell.degradation.qidStderr, family: cell.family,
                checkpoint: "\(cell.params) \(cell.tokens ?? 0)")
        }
        return try names.map { name in
            let fit = try fit(points, try Laws.named(name), FitOptions(starts: 4, bootstrapDraws: 40))
            let wanted = Conditions(params: 1e7, tokens: 2e8, bits: 4)
            return FittedScheme(scheme: scheme, fit: fit, predictions: try fit.predict([wanted]))
        }
    }

    static func content(
        _ cells: [MeasuredCell]? = nil, laws: [FittedScheme]? = nil, failures: [Failure] = []
    ) throws -> ReportContent {
        let cells = try cells ?? Self.cells()
        return ReportContent(
            title: "Demo", run: Self.run, measurements: cells, laws: try laws ?? Self.laws(cells), failures: failures)
    }

    static let run = {
        var run = RunFacts(
            lockDigest: "0123456789abcdef0123", programVersion: "1.0", shard: "heldout.jsonl", contextTokens: 256,
            windows: 128)
        run.date = "2026-01-31"
        return run
    }()
}
