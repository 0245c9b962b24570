package import JSON
import Kernels

/// Round to nearest: every weight goes to the nearest value of its group's grid (`UniformGrid`).
///
/// Error: at most half a step, scale/2, and for the greatest values of a group what rounding the scale to 16 bits or a
/// symmetric grid's missing last level adds.
package struct RoundToNearest: LayerCompressor {
    package init() {}

    package func layout(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> [StoredLayout] {
        try PackQuantizedGeometry(layer, spec).layout(scaleType: spec.scaleType(checkpoint: layer.scaleType))
    }

    package func configuration(_ spec: Spec, ignored: [String]) -> JSONObject {
        QuantizationConfiguration.json(spec, ignored: ignored)
    }

    /// Rows go through in parallel; each is read once and rounded by every spec while it lies in cache.
    package func compress(
        _ layer: LinearLayer, specs: [Spec], hessian: Hessian?
    ) throws(CompressionError) -> [CompressedWeight] {
        var outputs: [(weight: PackQuantizedWeight, search: Bool)] = []
        for spec in specs {
            let geometry = try PackQuantizedGeometry(layer, spec)
            let scaleType = spec.scaleType(checkpoint: layer.scaleType)
            outputs.append((PackQuantizedWeight(geometry, scaleType: scaleType), spec.options.scaleSearch))
        }
        let (rows, columns, targets) = (layer.weight.rows, layer.weight.columns, outputs)
        let lengths = Set(targets.map(\.weight.geometry.groupLength)).sorted()
        let rowsPerTask = max(1, 65_536 / max(1, columns))
        // Searching for scales goes over a group's floats many times.
        let searches = targets.contains { $0.search }
        if !searches, let halves = HalfRounding(layer.weight, targets.map(\.weight.groups)) {
            _ = try Parallel.map((rows + rowsPerTask - 1) / rowsPerTask) { (task) throws(CompressionError) in
                do throws(RoundingFault) {
                    try halves.round(rows: task * rowsPerTask..<min(rows, (task + 1) * rowsPerTask))
                } catch { throw CompressionError(error, tensor: layer.name) }
            }
            return outputs.map { $0.weight.finish() }
        }
        _ = try Parallel.map((rows + rowsPerTask - 1) / rowsPerTask) { (task) throws(CompressionError) in
            var scratch = RowScratch(columns: columns)
            for row in task * rowsPerTask..<min(rows, (task + 1) * rowsPerTask) {
                var values = scratch.values.mutableSpan
                layer.weight.decode(row: row, columns: 0..<columns, into: &values)
                for length in lengths {
                    guard scratch.findExtremes(groupLength: length) else {
                        throw Self.notFinite(layer.name, row, scratch.values.span)
                    }
                    for target in targets where target.weight.geometry.groupLength == length {
                        try Self.round(row, of: layer, &scratch, into: target.weight, search: target.search)
                    }
                }
            }
        }
        return outputs.map { $0.weight.finish() }
    }

    private static func round(
        _ row: Int, of layer: LinearLayer, _ scratch: inout RowScratch, into target: PackQuantizedWeight, search: Bool
    ) throws(CompressionError) {
        let geometry = target.geometry
        let length = geometry.groupLength
        // Groups of whole bytes go straight into the stream.
        let packs = length.isMultiple(of: 8)
        let all = scratch.values
        for group in 0..<geometry.groups {
            let (start, low, high) = (group * length, scratch.lows[group], scratch.highs[group])
            func grid(share: Float) -> UniformGrid? { UniformGrid(low: low * share, high: high * share, target.form) }
            guard let usual = grid(share: 1) else {
                throw .scaleOutOfRange(tensor: layer.name, row: row, scaleType: target.scaleType.rawValue)
            }
            let values = all.span.extracting(start..<start + length)
            let grid = search ? ScaleSearch.grid(values, top: target.form.top, grid) ?? usual : usual
            scratch.scales[group] = grid.scale
            scratch.zeros[group] = UInt8(truncatingIfNeeded: grid.zero)
            if packs {
                var stream = scratch.stream.mutableSpan
                stream.withPart(start / 8 * geometry.bits..<(start + length) / 8 * geometry.bits + 8) { part in
                    var bytes = part.mutableBytes
                    RowRounding.packedCodes(values, grid: grid, bits: geometry.bits, into: &bytes)
                }
            } else {
                var codes = scratch.codes.mutableSpan
                codes.withPart(start..<start + length) {
                    RowRounding.codes(values, grid: grid, top: target.form.top, into: &$0)
                }
            }
        }
        let (scales, zeros) = (scratch.scales.span, scratch.zeros.span)
        if packs {
            target.store(row: row, stream: scratch.stream.span, scales: scales, zeros: zeros)
        } else {
            target.store(row: row, codes: scratch.codes.span, scales: scales, zeros: zeros)
        }
    }

    /// The error for a row in which some value is NaN or infinite.
    static func notFinite(_ tensor: String, _ row: Int, _ values: Span<Float>) -> CompressionError {
        .notFinite(tensor: tensor, row: row, column: values.indices.first { !values[$0].isFinite } ?? 0)
    }
}

extension CompressionError {
    /// What stands in the way of rounding a tensor.
    init(_ fault: RoundingFault, tensor: String) {
        switch fault {
        case .notFinite(let row, let column): self = .notFinite(tensor: tensor, row: row, column: column)
        case .scaleOutOfRange(let row, let type):
            self = .scaleOutOfRange(tensor: tensor, row: row, scaleType: type.rawValue)
        }
    }
}

/// One worker's memory for a row and its codes.
private struct RowScratch {
    var values: [Float]
    var codes: [UInt8]
    /// Codes packed, with room for eight bytes more.
    var stream: [UInt8]
    var scales: [Float]
    var zeros: [UInt8]
    /// Least and greatest value of each group, zero included.
    private(set) var lows: [Float]
    private(set) var highs: [Float]

    init(columns: Int) {
        // A group has at least one weight, so there are at most as many scales as columns.
        values = Array(repeating: 0, count: columns)
        codes = Array(repeating: 0, count: columns)
        stream = Array(repeating: 0, count: columns + 16)
        scales = Array(repeating: 1, count: columns)
        zeros = Array(repeating: 0, count: columns)
        lows = Array(repeating: 0, count: columns)
        highs = Array(repeating: 0, count: columns)
    }

    /// Finds `lows` and `highs` of the row in `values`; false if a value is not finite.
    mutating func findExtremes(groupLength: Int) -> Bool {
        var finite = true
        for (group, start) in stride(from: 0, to: values.count, by: groupLength).enumerated() {
            let extremes = RowRounding.extremes(values.span.extracting(start..<start + groupLength))
            lows[group] = extremes.low
            highs[group] = extremes.high
            finite = finite && extremes.finite
        }
        return finite
    }
}
