import Compression
import JSON
import Kernels
import TestSupport
import Testing

/// HQQ against the package hqq (`shipped.py`).
struct HQQTests {
    private struct Case {
        let (rows, columns, bits): (Int, Int, Int)
        let group: Int?
        let codes: String
        let (scales, zeros): ([Float], [Float])

        init?(_ json: JSONValue) {
            guard let object = json.object, let rows = object["rows"]?.int, let columns = object["columns"]?.int,
                let bits = object["bits"]?.int, let codes = object["codes"]?.string
            else { return nil }
            (self.rows, self.columns, self.bits, self.codes) = (rows, columns, bits, codes)
            group = object["group"]?.int
            scales = (object["scales"]?.array ?? []).compactMap { $0.double.map { Float($0) } }
            zeros = (object["zeros"]?.array ?? []).compactMap { $0.double.map { Float($0) } }
        }

        /// The weights of `shipped.py`: with outliers, a group that hardly varies, and one that is far from zero.
        var weights: [Float] {
            var values = randomWeights(rows: rows, columns: columns, seed: 7)
            for column in stride(from: 0, to: columns, by: 9) { values[column] *= 8 }
            for column in columns..<columns + (group ?? columns) { values[column] = 0.25 + 1e-6 * values[column] }
            for column in 2 * columns..<3 * columns { values[column] += 3 }
            for column in 3 * columns..<4 * columns { values[column] *= 1e-3 }
            return values
        }
    }

    private func compress(_ values: [Float], columns: Int, _ spec: Spec) throws -> CompressedWeight {
        let layer = LinearLayer(name: "x", weight: DenseMatrix(Matrix(values, columns: columns)), scaleType: .float16)
        return try spec.compressor.compress(layer, specs: [spec], hessian: nil)[0]
    }

    private func spec(_ bits: Int, _ group: Int?, scales: ScaleType? = nil) throws -> Spec {
        try Spec(
            method: .hqq, format: .integer(bits: bits), group: group.map { .size($0) } ?? .channel, symmetric: false,
            scales: scales)
    }

    /// Scales to the bit, zero points to 10⁻⁴ of a step, as their means are summed in another order there.
    @Test func codesAndZeroPointsAreThoseOfTheReference() throws {
        let document = try JSONValue(parsing: Fixtures.bytes("hqq.json"))
        let cases = (document.object?["cases"]?.array ?? []).compactMap { Case($0) }
        #expect(cases.count == 5)
        for one in cases {
            let result = try compress(one.weights, columns: one.columns, spec(one.bits, one.group, scales: .float32))
            let (scales, zeros) = (floats(result, "weight_scale"), floats(result, "weight_zero_point"))
            #expect(scales == one.scales, "\(one.bits) bits")
            #expect(zip(zeros, one.zeros).allSatisfy { abs($0 - $1) <= 1e-4 * max(1, abs($1)) }, "\(one.bits) bits")
            // (code − zero)·scale gives the code back.
            let length = one.group ?? one.columns
            let codes = result.matrix.decoded.enumerated().map { index, value -> UInt8 in
                let group = index / length
                return UInt8((value / scales[group] + zeros[group]).rounded())
            }
            #expect(fingerprint([codes]) == UInt64(one.codes, radix: 16), "\(one.bits) bits")
        }
    }

    private func floats(_ weight: CompressedWeight, _ suffix: String) -> [Float] {
        guard let tensor = weight.tensors.first(where: { $0.layout.suffix == suffix }) else { return [] }
        return (0..<tensor.layout.byteCount / 4).map {
            tensor.storage.bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self)
        }
    }

    /// Its norm forgives outliers: most weights are nearer than under round to nearest.
    @Test func mostWeightsAreNearerThanUnderRoundToNearest() throws {
        var values = randomWeights(rows: 32, columns: 128, seed: 9)
        for index in stride(from: 5, to: values.count, by: 61) { values[index] *= 3 }
        func error(_ spec: Spec) throws -> Float {
            let decoded = try compress(values, columns: 128, spec).matrix.decoded
            return zip(values, decoded).reduce(0) { $0 + abs($1.0 - $1.1) }
        }
        #expect(try error(spec(3, 64)) < error(Spec(method: .rtn, bits: 3, group: .size(64), symmetric: false)))
    }

    @Test func zeroPointsAreWhatItFinds() {
        #expect(throws: CompressionError.self) { try Spec(method: .hqq, bits: 4, group: .size(64), symmetric: true) }
        let line = try? JSONValue(parsing: #"{"method": "hqq", "bits": 4, "group": 64}"#).object
        #expect(line.flatMap { try? Spec(json: $0).name } == "hqq-asym-w4-g64")
    }

    @Test func scalesAndZeroPointsThatDoNotFitAreNamed() throws {
        // A narrow range far from zero has a zero point beyond float16.
        let values = (0..<64).map { 1000 + Float($0) / 64 }
        #expect(throws: CompressionError.scaleOutOfRange(tensor: "x", row: 0, scaleType: "float16")) {
            try compress(values, columns: 64, spec(8, nil))
        }
        #expect(try compress(values, columns: 64, spec(8, nil, scales: .float32)).matrix.decoded.allSatisfy(\.isFinite))
        let wide = [Float.greatestFiniteMagnitude, -.greatestFiniteMagnitude]
        #expect(throws: CompressionError.scaleOutOfRange(tensor: "x", row: 0, scaleType: "float32")) {
            try compress(wide, columns: 2, spec(8, nil, scales: .float32))
        }
    }
}
