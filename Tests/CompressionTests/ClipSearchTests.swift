import Compression
import JSON
import Kernels
import Testing

/// AWQ's clipping limits against those of llm-awq's `auto_clip_layer` in PyTorch (float64) on the same tensors, with this
/// project's round to nearest for its quantizer.
struct ClipSearchTests {
    /// Which of the ten shares is best, a digit for each group of each of 24 rows of 48.
    private static let goldens: [(seed: UInt32, bits: Int, symmetric: Bool, group: Int, steps: String)] = [
        (3, 3, false, 16, "030190123110010101020001432013120252411191101300001400401300000441702013"),
        (4, 2, false, 16, "108105028754523419295000027222802838812064579275797533313746103700291089"),
        (5, 4, true, 48, "401004010224012220131215"),
        (6, 3, true, 24, "534574693600564405033533225150033402144300420465"),
    ]

    /// Products of three even draws, so that a few are large.
    private func weights(seed: UInt32) -> [Float] {
        var random = Congruential(seed: seed)
        return (0..<24 * 48).map { _ in
            Float(Float16(random.centred() * random.centred() * random.centred() * 8))
        }
    }

    private func inputs(seed: UInt32) -> Matrix {
        var random = Congruential(seed: seed)
        let values = (0..<64 * 48).map { index in
            (0..<4).reduce(Float(0)) { sum, _ in sum + random.centred() } * Float(1 + index % 48 % 5)
        }
        return Matrix(values, columns: 48)
    }

    private func layer(_ values: [Float]) -> LinearLayer {
        LinearLayer(name: "x", weight: DenseMatrix(Matrix(values, columns: 48)), scaleType: .float16)
    }

    @Test(arguments: goldens.indices) func limitsAreThoseOfLlmAwq(_ index: Int) throws {
        let golden = Self.goldens[index]
        let spec = try Spec(
            method: .awq, bits: golden.bits, group: .size(golden.group), symmetric: golden.symmetric)
        let values = weights(seed: golden.seed)
        let clipped = try ClipSearch(layer(values), spec, inputs: inputs(seed: golden.seed + 100)).clipped().decoded
        for (group, step) in golden.steps.enumerated() {
            let range = group * golden.group..<(group + 1) * golden.group
            let largest = values[range].map(abs).max() ?? 0
            let limit = largest * (1 - Float(try #require(step.wholeNumberValue)) / 20)
            #expect(
                Array(clipped[range]) == values[range].map { min(max($0, -limit), limit) }, "group \(group)")
        }
    }

    @Test func weightsThatAreNotFiniteAreNamed() throws {
        var values = weights(seed: 3)
        values[48 + 9] = .nan
        let spec = try Spec(method: .awq, bits: 3)
        #expect(throws: CompressionError.notFinite(tensor: "x", row: 1, column: 9)) {
            try ClipSearch(layer(values), spec, inputs: inputs(seed: 103)).clipped()
        }
    }

    @Test func fiveHundredTokensOrSoAreSampled() {
        #expect([1, 511, 1023, 1024, 32_768].map(ClipSearch.sampleStride) == [1, 1, 1, 2, 64])
    }

    @Test func clippingIsPartOfAWQUnlessLeftOut() throws {
        let usual = try Spec(method: .awq, bits: 4)
        #expect(usual.name == "awq-sym-w4-channel" && usual.options.clip == true)
        #expect(
            usual.canonical.canonicalText
                == #"{"bits":4,"clip":true,"group":"channel","method":"awq","symmetric":true}"#)
        let without = try Spec(options: [("method", "awq"), ("bits", "4"), ("clip", "false")])
        #expect(without.name == "awq-sym-w4-channel-noclip" && without != usual)
        for spec in [usual, without] { #expect(try Spec(json: #require(spec.canonical.object)) == spec) }
        #expect(
            throws: CompressionError.invalidValue(
                key: "clip", value: "true", allowed: "left out for rtn; it is for awq")
        ) { try Spec(options: [("method", "rtn"), ("bits", "4"), ("clip", "true")]) }
    }
}
