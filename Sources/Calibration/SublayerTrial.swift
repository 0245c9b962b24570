import Compression
import Kernels
import LanguageModel

/// What a sublayer makes of some of the calibration tokens, for weights that are tried: windows for attention, some tokens
/// at a time for an MLP.
final class SublayerTrial {
    private let run: LayerwiseRun
    private let (part, layer): (Sublayer, Int)
    private let stream: Matrix
    private let unit: Int
    /// Units from all over the text at every beginning; a shorter one comes last.
    private let order: [Int]
    private var current: (units: Range<Int>, inputs: Matrix, expected: Matrix)?

    var units: Int { order.count }

    init(_ run: LayerwiseRun, _ part: Sublayer, layer: Int) throws(LanguageModelError) {
        (self.run, self.part, self.layer) = (run, part, layer)
        stream = try run.stream(inFrontOf: part, layer: layer)
        unit = run.unitRows(of: part)
        let whole = stream.rows / unit
        order = CandidateRace.spread(whole) + (stream.rows > whole * unit ? [whole] : [])
    }

    /// The squared error of each unit with other weights in the place of some modules'.
    func errors(
        _ units: Range<Int>, replacing weights: [String: any WeightMatrix]
    ) throws(LanguageModelError) -> [Double] {
        if current?.units != units { try take(units) }
        guard let (_, inputs, expected) = current else { return [] }
        return try run.squaredErrors(of: part, layer: layer, from: inputs, to: expected, replacing: weights)
    }

    private func take(_ units: Range<Int>) throws(LanguageModelError) {
        let rows = units.map { order[$0] * unit..<min(stream.rows, (order[$0] + 1) * unit) }
        let inputs = Matrix(rows: rows.reduce(0) { $0 + $1.count }, columns: stream.columns)
        var first = 0
        for range in rows {
            inputs.view.rows(first..<first + range.count).copy(from: stream.view.rows(range))
            first += range.count
        }
        current = (units, inputs, try run.contribution(of: part, layer: layer, from: inputs))
    }
}
