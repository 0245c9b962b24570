package import Compression
package import Kernels

/// Round to nearest of a float16 weight at each bit width, and at all of them in one pass.
package enum RoundingBenchmark {
    static func measure(_ workload: Workload, _ harness: Harness) throws(BenchmarkError) -> [Measurement] {
        let layer = layer(workload.rounding)
        let single = workload.roundingBits.map { [$0] }
        let choices = single.count > 1 ? single + [workload.roundingBits] : single
        var results: [Measurement] = []
        for bits in choices { results += try harness.measure([work(layer, bits: bits, workload)]).measurements }
        for bits in workload.roundingBits {
            let weights = try compressed(layer, bits: [bits], group: workload.roundingGroup)
            for weight in weights {
                try check(layer.weight, weight.matrix, bits: bits, group: workload.roundingGroup)
            }
        }
        return results
    }

    private static func work(
        _ layer: LinearLayer, bits: [Int], _ workload: Workload
    ) throws(BenchmarkError) -> Work {
        let group = workload.roundingGroup
        let written = try compressed(layer, bits: bits, group: group).reduce(0) { $0 + $1.bitCount / 8 }
        let widths = bits.map(String.init).joined(separator: ", ")
        return Work(
            group: "rtn", name: "\(widths) bits, group \(group)", limit: .bandwidth,
            amount: .whole(Double(2 * workload.rounding.count + written))
        ) { (_) throws(BenchmarkError) in _ = try compressed(layer, bits: bits, group: group) }
    }

    private static func specs(_ bits: [Int], group: Int) throws(CompressionError) -> [Spec] {
        var specs: [Spec] = []
        for width in bits { specs.append(try Spec(method: .rtn, bits: width, group: .size(group))) }
        return specs
    }

    /// A synthetic float16 layer.
    package static func layer(_ shape: Workload.Shape) -> LinearLayer {
        let weights = WeightBytes(Synthetic.weights(shape.count, deviation: 0.04, seed: 6))
        // The matrix keeps `weights`, of `shape.count` numbers.
        let matrix = DenseMatrix(
            bytes: UnsafeRawPointer(weights.base), type: .float16, rows: shape.outputs, columns: shape.inputs,
            owner: weights)
        return LinearLayer(name: "synthetic", weight: matrix, scaleType: .float16)
    }

    /// The layer rounded to each of these widths.
    package static func compressed(
        _ layer: LinearLayer, bits: [Int], group: Int
    ) throws(BenchmarkError) -> [CompressedWeight] {
        do throws(CompressionError) {
            return try RoundToNearest().compress(layer, specs: try specs(bits, group: group), hessian: nil)
        } catch { throw .compression(error) }
    }

    /// Compares some rows, decoded from their codes, with the definition: scale = max|w|/((2ᵇ − 1)/2) as float16, then
    /// clamp(round(w/scale), −2ᵇ⁻¹, 2ᵇ⁻¹ − 1)·scale, half to even.
    package static func check(
        _ weight: any WeightMatrix, _ rounded: any WeightMatrix, bits: Int, group: Int
    ) throws(BenchmarkError) {
        let columns = weight.columns
        let limit = Float(1 << (bits - 1))
        for row in stride(from: 0, to: weight.rows, by: 61) {
            let (values, found) = (weight.values(row: row), rounded.values(row: row))
            for first in stride(from: 0, to: columns, by: group) {
                let greatest = values[first..<first + group].reduce(0) { max($0, $1.magnitude) }
                let scale = greatest == 0 ? 1 : Float(Float16(greatest / (Float((1 << bits) - 1) / 2)))
                for column in first..<first + group {
                    let code = min(max((values[column] / scale).rounded(.toNearestOrEven), -limit), limit - 1)
                    try Check.equal(found[column], code * scale, "\(bits) bits, row \(row), column \(column)")
                }
            }
        }
    }
}

/// Memory for float16 weights.
///
/// `@unchecked Sendable` because nobody writes to it after it is made.
final class WeightBytes: @unchecked Sendable {
    let base: UnsafeMutablePointer<UInt16>

    init(_ values: [UInt16]) {
        base = .allocate(capacity: max(1, values.count))
        base.initialize(from: values, count: values.count)
    }

    deinit { base.deallocate() }
}
