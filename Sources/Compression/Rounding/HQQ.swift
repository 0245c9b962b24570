package import JSON
import Kernels
import RealModule

extension Method {
    /// Zero points for which weights and their values differ little in a norm that forgives outliers.
    package static let hqq = Method(
        "hqq", title: "HQQ",
        summary: "finds zero points by half-quadratic splitting, so that outliers count little; no data needed",
        usualSymmetry: false,
        check: { (spec) throws(CompressionError) in
            guard !spec.symmetric else {
                throw SpecKey.symmetric.refusal("true", allowed: "false for hqq, whose zero points are what it finds")
            }
        }, compressor: HQQ())
}

/// Half-quadratic quantization (Badri and Shaji, mobiusml/hqq): scales of a group's range, and zero points, which are no
/// whole numbers, by a proximal method.
///
/// As `optimize_weights_proximal` of the package `hqq` 0.2.8 does it in float32 with groups along rows (`axis` 1):
/// s = (2ᵇ − 1)/(max − min) of a group, 1 where max − min ≤ 10⁻⁴, at most 20000; z = −min·s. Then up to twenty rounds of
///
///     q = clamp(round(w·s + z), 0, 2ᵇ − 1)      r = (q − z)/s
///     e = shrink(w − r)                         z ← mean of q − (w − e)·s over the group
///
/// with shrink(x) = sign(x)·max(|x| − |x|^(p−1)/β, 0), p = 0.7, β = 10. They end with the first round that does not make the
/// mean of |w − r| over the whole weight smaller. (β grows by κ = 1.01 only in the slow variant; a `kappa` that the default
/// is given does nothing.) Codes are rounded once more with the last z; then scale 1/s and z are rounded to their stored
/// type, as there, where they go to the type of computation. The mean is summed in Double.
package struct HQQ: SingleSpecCompressor {
    private static let (norm, beta, rounds) = (Float(0.7), Float(10), 20)
    /// A little less than the magnitude β^(1/(p−2)) up to which `shrink` leaves nothing.
    private static let surelyNothing = 0.999 * Float.pow(beta, 1 / (norm - 2))

    package func layout(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> [StoredLayout] {
        try FloatZeroGeometry(layer, spec).layout(scaleType: spec.scaleType(checkpoint: layer.scaleType))
    }

    package func configuration(_ spec: Spec, ignored: [String]) -> JSONObject {
        FloatZeroLayout.configuration(bits: spec.codeBits, ignored: ignored)
    }

    package func compress(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> CompressedWeight {
        let geometry = try FloatZeroGeometry(layer, spec)
        let weight = try layer.finiteValues()
        let search = Search(geometry, weight)
        search.start()
        var best = Float.infinity
        for _ in 0..<Self.rounds {
            let error = search.improve()
            guard error < best else { break }
            best = error
        }
        let result = FloatZeroWeight(geometry, scaleType: spec.scaleType(checkpoint: layer.scaleType))
        if let row = search.store(into: result) {
            throw .scaleOutOfRange(tensor: layer.name, row: row, scaleType: result.scaleType.rawValue)
        }
        return result.finish()
    }

    /// max(|x| − |x|^(p−1)/β, 0) with the sign of x.
    @inline(__always)
    private static func shrink(_ value: Float) -> Float {
        let magnitude = value.magnitude
        // What is below makes no difference, and the power, which takes long, is not needed to know that.
        guard magnitude > surelyNothing else { return value < 0 ? -0.0 : 0 }
        let shrunk = max(magnitude - (1 / beta) * Float.pow(magnitude, norm - 1), 0)
        return value < 0 ? -shrunk : shrunk
    }

    /// A weight with the scales and zero points of its groups so far.
    private struct Search: Sendable {
        let geometry: FloatZeroGeometry
        let weight: Matrix
        /// s, by which weights are multiplied.
        private let factors: RowTable<Float>
        private let zeros: RowTable<Float>

        init(_ geometry: FloatZeroGeometry, _ weight: Matrix) {
            (self.geometry, self.weight) = (geometry, weight)
            factors = RowTable(rows: geometry.rows, columns: geometry.groups, repeating: 1)
            zeros = RowTable(rows: geometry.rows, columns: geometry.groups, repeating: 0)
        }

        private var top: Float { Float(1 << geometry.bits - 1) }

        func start() {
            Parallel.forEach(geometry.rows) { row in
                for group in 0..<geometry.groups {
                    let (least, greatest) = weight.readRow(row) { values in
                        let part = values.extracting(geometry.columns(of: group))
                        return part.indices.dropFirst().reduce((part[0], part[0])) {
                            (min($0.0, part[$1]), max($0.1, part[$1]))
                        }
                    }
                    let range = greatest - least
                    // As torch divides a number by a tensor: by its inverse.
                    let factor = min(range <= 1e-4 ? 1 : top * (1 / range), 2e4)
                    factors.withRow(row) { $0[group] = factor }
                    zeros.withRow(row) { $0[group] = -least * factor }
                }
            }
        }

        /// Makes the next zero points; gives the mean of |w − r| with those before.
        func improve() -> Float {
            let errors = Parallel.map(geometry.rows) { row in
                (0..<geometry.groups).reduce(0.0) { $0 + improve(row, $1) }
            }
            return Float(errors.reduce(0, +) / Double(geometry.rows * geometry.columns))
        }

        private func improve(_ row: Int, _ group: Int) -> Double {
            let (factor, zero) = (factors.readRow(row) { $0[group] }, zeros.readRow(row) { $0[group] })
            var (error, sum) = (0.0, 0.0)
            weight.readRow(row) { values in
                for column in geometry.columns(of: group) {
                    let code = nearest(values[column], factor, zero)
                    let difference = values[column] - (code - zero) / factor
                    error += Double(difference.magnitude)
                    sum += Double(code - (values[column] - HQQ.shrink(difference)) * factor)
                }
            }
            zeros.withRow(row) { $0[group] = Float(sum / Double(geometry.groupLength)) }
            return error
        }

        @inline(__always)
        private func nearest(_ value: Float, _ factor: Float, _ zero: Float) -> Float {
            min(max((value * factor + zero).rounded(.toNearestOrEven), 0), top)
        }

        /// Hands over codes, scales and zero points; gives the first row whose scales or zero points the type cannot hold.
        func store(into result: FloatZeroWeight) -> Int? {
            let fits = Parallel.map(geometry.rows) { row in
                withScratch(geometry.columns, of: UInt8(0)) { codes in
                    var fits = true
                    for group in 0..<geometry.groups {
                        let (factor, zero) = (factors.readRow(row) { $0[group] }, zeros.readRow(row) { $0[group] })
                        weight.readRow(row) { values in
                            for column in geometry.columns(of: group) {
                                let code = nearest(values[column], factor, zero)
                                codes[column] = code.isFinite ? UInt8(code) : 0
                            }
                        }
                        fits = result.store(row: row, group: group, scale: 1 / factor, zero: zero) && fits
                    }
                    result.store(row: row, codes: codes.span)
                    return fits
                }
            }
            return fits.firstIndex(of: false)
        }
    }
}
