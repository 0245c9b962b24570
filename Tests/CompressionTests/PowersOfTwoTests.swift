import Compression
import Kernels
import Testing

/// Clustering to sums of powers of two, against the authors' code (wanderingweights/PWFN, `clustering/Cluster.py`) with a
/// weight's size in the place of its learnt spread, run in NumPy under the same search for b and δ; 0 is found by its value
/// there, not as the middle one of the centres that are left.
struct PowersOfTwoTests {
    /// 12 × 64 weights, each the sum of four even draws, rounded to float16.
    private func bellShaped(seed: UInt32) -> [Float] {
        var generator = Congruential(seed: seed)
        return (0..<12 * 64).map { _ in
            Float(Float16((0..<4).reduce(Float(0)) { sum, _ in sum + generator.centred() }))
        }
    }

    private func compress(_ values: [Float], columns: Int, levels: Int) throws -> CompressedWeight {
        let spec = try Spec(method: .codebook, format: .levels(levels, vector: 1), options: .init(powersOfTwo: true))
        let layer = LinearLayer(
            name: "layers.0.x", weight: DenseMatrix(Matrix(values, columns: columns)), scaleType: .float16)
        return try spec.compressor.compress(layer, specs: [spec], hessian: nil)[0]
    }

    private func levels(_ decoded: [Float]) -> [Float] { Set(decoded).sorted() }

    @Test func levelsAreThoseOfTheAuthorsCode() throws {
        let four = try compress(bellShaped(seed: 7), columns: 64, levels: 4).matrix.decoded
        #expect(levels(four) == [-0.5, 0, 0.5])
        let eight = try compress(bellShaped(seed: 7), columns: 64, levels: 8).matrix.decoded
        #expect(levels(eight) == [-1, -0.5, -0.25, 0, 0.25, 0.5, 1, 1.25])
        let sixteen = try compress(bellShaped(seed: 7), columns: 64, levels: 16).matrix.decoded
        let positive: [Float] = [0.125, 0.25, 0.375, 0.5, 0.75, 1, 1.5]
        #expect(levels(sixteen) == positive.reversed().map { -$0 } + [0] + positive)
        let twelve = try compress(bellShaped(seed: 8), columns: 64, levels: 12).matrix.decoded
        #expect(levels(twelve) == [-1.5, -1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 1.5])
    }

    @Test(
        arguments: [
            (7, 4, 0xa04b_97a7_0cd8_35b5), (7, 8, 0x9f27_b089_f4bd_7098), (7, 16, 0xbd70_1e9f_b294_4058),
            (8, 12, 0x6e86_cf2a_418e_4a32), (9, 32, 0xf4fb_ecfc_30b9_332f), (9, 64, 0x400e_426c_67a7_b1f8),
        ] as [(UInt32, Int, UInt64)]) func everyWeightGoesWhereTheAuthorsCodePutsIt(
            _ seed: UInt32, _ count: Int, _ golden: UInt64
        ) throws
    {
        let decoded = try compress(bellShaped(seed: seed), columns: 64, levels: count).matrix.decoded
        let bytes = decoded.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
        #expect(fingerprint([bytes]) == golden)
    }

    @Test func levelsScaleByPowersOfTwoAndTurnWithTheSign() throws {
        let values = bellShaped(seed: 11)
        let decoded = try compress(values, columns: 64, levels: 16).matrix.decoded
        let small = try compress(values.map { $0 / 256 }, columns: 64, levels: 16).matrix.decoded
        #expect(small.map { $0 * 256 } == decoded)
    }

    @Test func weightsThatAreSumsStayAsTheyAre() throws {
        let sums: [Float] = [-2, -1, -0.5, 0, 0.5, 1, 1.5, 2]
        let values = (0..<96).map { sums[$0 * 5 % 8] }
        #expect(try compress(values, columns: 24, levels: 16).matrix.decoded == values)
        #expect(try compress(values, columns: 24, levels: 8).matrix.decoded == values)
    }

    /// One table of 16 levels in float32 for 768 codes of 4 bits.
    @Test func theTableIsStoredOnce() throws {
        let result = try compress(bellShaped(seed: 7), columns: 64, levels: 16)
        #expect(result.bitsPerWeight == 4 + 16 * 32 / 768.0)
    }

    @Test func zerosAndOneSignAreCovered() throws {
        let zeros = [Float](repeating: 0, count: 64)
        #expect(try compress(zeros, columns: 32, levels: 4).matrix.decoded == zeros)
        let positive = bellShaped(seed: 7).map { abs($0) + 0.01 }
        let decoded = try compress(positive, columns: 64, levels: 16).matrix.decoded
        #expect(decoded.allSatisfy { $0 >= 0 } && levels(decoded).count <= 16)
        #expect(zip(positive, decoded).allSatisfy { $1 == 0 || abs($0 - $1) < 0.5 * $0 })
    }

    @Test func weightsThatAreNotFiniteAreRefused() throws {
        for bad in [Float.nan, .infinity, -.infinity] {
            var values = bellShaped(seed: 7)
            values[70] = bad
            #expect(throws: CompressionError.notFinite(tensor: "layers.0.x", row: 1, column: 6)) {
                try compress(values, columns: 64, levels: 8)
            }
        }
    }
}
