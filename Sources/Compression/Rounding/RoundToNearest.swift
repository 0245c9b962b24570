package import JSON
import Kernels

/// Round to nearest: every weight goes to the nearest value of its group's grid (`UniformGrid`).
///
/// Error: at most half a step, scale/2, and for the greatest values of a group what rounding the scale to 16 bits or a
/// symmetric grid's missing last level adds.
package enum RoundToNearest: LayerCompressor {
    package static func layout(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> [StoredLayout] {
        try PackQuantizedGeometry(layer, spec).layout(scaleType: spec.scaleType(checkpoint: layer.scaleType))
    }

    package static func configuration(_ spec: Spec, ignored: [String]) -> JSONObject {
        QuantizationConfiguration.json(spec, ignored: ignored)
    }

    /// Rows go through in parallel; each is read once and rounded by every spec while it lies in cache.
    package static func compress(
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
        if !searches, let halves = HalfWeight(layer.weight, targets.map(\.weight)) {
            _ = try Parallel.map((rows + rowsPerTask - 1) / rowsPerTask) { (task) throws(CompressionError) in
                try halves.round(
                    rows: task * rowsPerTask..<min(rows, (task + 1) * rowsPerTask), of: layer.name)
            }
            return outputs.map { $0.weight.finish() }
        }
        _ = try Parallel.map((rows + rowsPerTask - 1) / rowsPerTask) { (task) throws(CompressionError) in
            let scratch = RowScratch(columns: columns)
            for row in task * rowsPerTask..<min(rows, (task + 1) * rowsPerTask) {
                layer.weight.decode(row: row, columns: 0..<columns, into: scratch.values)
                for length in lengths {
                    guard scratch.findExtremes(columns: columns, groupLength: length) else {
                        throw notFinite(layer.name, row, scratch.values, columns)
                    }
                    for target in targets where target.weight.geometry.groupLength == length {
                        try round(row, of: layer, scratch, into: target.weight, search: target.search)
                    }
                }
            }
        }
        return outputs.map { $0.weight.finish() }
    }

    private static func round(
        _ row: Int, of layer: LinearLayer, _ scratch: RowScratch, into target: PackQuantizedWeight, search: Bool
    ) throws(CompressionError) {
        let geometry = target.geometry
        let length = geometry.groupLength
        // Groups of whole bytes go straight into the stream.
        let packs = length.isMultiple(of: 8)
        for group in 0..<geometry.groups {
            let start = group * length
            func grid(share: Float) -> UniformGrid? {
                UniformGrid(
                    low: scratch.lows[group] * share, high: scratch.highs[group] * share, bits: geometry.bits,
                    symmetric: geometry.symmetric, scaleType: target.scaleType)
            }
            guard let usual = grid(share: 1) else {
                throw .scaleOutOfRange(tensor: layer.name, row: row, scaleType: target.scaleType.rawValue)
            }
            let grid =
                search
                ? ScaleSearch.grid(scratch.values + start, count: length, top: geometry.top, grid) ?? usual : usual
            scratch.scales[group] = grid.scale
            scratch.zeros[group] = UInt8(truncatingIfNeeded: grid.zero)
            if packs {
                RowRounding.packedCodes(
                    scratch.values + start, count: length, grid: grid, bits: geometry.bits,
                    into: scratch.stream + start / 8 * geometry.bits)
            } else {
                RowRounding.codes(
                    scratch.values + start, count: length, grid: grid, top: geometry.top, into: scratch.codes + start)
            }
        }
        if packs {
            target.store(row: row, stream: scratch.stream, scales: scratch.scales, zeros: scratch.zeros)
        } else {
            target.store(row: row, codes: scratch.codes, scales: scratch.scales, zeros: scratch.zeros)
        }
    }

    /// The error for a row in which some value is NaN or infinite.
    static func notFinite(
        _ tensor: String, _ row: Int, _ values: UnsafePointer<Float>, _ count: Int
    ) -> CompressionError {
        let column = (0..<count).first { !values[$0].isFinite } ?? 0
        return .notFinite(tensor: tensor, row: row, column: column)
    }
}

/// One worker's memory for a row and its codes.
final class RowScratch {
    let values: UnsafeMutablePointer<Float>
    let codes: UnsafeMutablePointer<UInt8>
    /// Codes packed, with room for eight bytes more.
    let stream: UnsafeMutableRawPointer
    let scales: UnsafeMutablePointer<Float>
    let zeros: UnsafeMutablePointer<UInt8>
    /// Least and greatest value of each group, zero included.
    let lows: UnsafeMutablePointer<Float>
    let highs: UnsafeMutablePointer<Float>

    init(columns: Int) {
        // A group has at least one weight, so there are at most as many scales as columns.
        let count = max(1, columns)
        values = .allocate(capacity: count)
        codes = .allocate(capacity: count)
        stream = .allocate(byteCount: count + 16, alignment: 8)
        scales = .allocate(capacity: count)
        zeros = .allocate(capacity: count)
        lows = .allocate(capacity: count)
        highs = .allocate(capacity: count)
    }

    deinit {
        values.deallocate()
        codes.deallocate()
        stream.deallocate()
        scales.deallocate()
        zeros.deallocate()
        lows.deallocate()
        highs.deallocate()
    }

    /// Finds `lows` and `highs` of the row in `values`; false if a value is not finite.
    func findExtremes(columns: Int, groupLength: Int) -> Bool {
        var finite = true
        for (group, start) in stride(from: 0, to: columns, by: groupLength).enumerated() {
            let extremes = RowRounding.extremes(values + start, count: groupLength)
            lows[group] = extremes.low
            highs[group] = extremes.high
            finite = finite && extremes.finite
        }
        return finite
    }
}
