import Checkpoint
import Compression
import Kernels
import Testing

private func layer(_ values: [Float], columns: Int, _ type: ScaleType = .float16) -> LinearLayer {
    LinearLayer(name: "layers.0.x", weight: DenseMatrix(Matrix(values, columns: columns)), scaleType: type)
}

private func compress(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> CompressedWeight {
    try spec.compressor.compress(layer, specs: [spec], hessian: nil)[0]
}

extension CompressedWeight {
    fileprivate func bytes(_ suffix: String) -> [UInt8] {
        tensors.first { $0.layout.suffix == suffix }.map { Array($0.storage.bytes.prefix($0.layout.byteCount)) } ?? []
    }
}

private func spec(
    _ format: NumberFormat, group: Spec.Group? = nil, scales: ScaleType? = nil, search: Bool = false
) throws -> Spec {
    try Spec(method: .rtn, format: format, group: group, scales: scales, options: .init(scaleSearch: search))
}

/// Round to nearest in formats other than whole numbers: golden values by other implementations, and edge cases.
struct NumberFormatTests {
    struct Golden: Sendable {
        let format: NumberFormat
        var group: Spec.Group?
        var scales: ScaleType?
        let tensors: [String]
        let hash: UInt64
    }

    private static let blockTensors = ["weight", "weight.absmax"]

    /// Made by bitsandbytes 0.50.2 on a CPU: `quantize_4bit` of 6 × 256 weights; fingerprint of codes and absmax.
    @Test(arguments: [
        Golden(format: .nf4, group: .size(32), tensors: blockTensors, hash: 0x9f28_fdb3_e31a_4ab2),
        Golden(format: .nf4, tensors: blockTensors, hash: 0x8980_2812_4e5d_a046),
        Golden(format: .nf4, group: .size(256), tensors: blockTensors, hash: 0x2ed8_7c79_4ddc_a041),
        Golden(format: .fp4, group: .size(32), tensors: blockTensors, hash: 0x1167_2003_2b14_216e),
        Golden(format: .fp4, tensors: blockTensors, hash: 0xe4a3_f2ef_84a1_aedf),
        Golden(format: .fp4, group: .size(128), tensors: blockTensors, hash: 0x0bd5_388c_750d_38dd),
    ]) func blocksEqualBitsAndBytes(_ golden: Golden) throws {
        let values = randomWeights(rows: 6, columns: 256, seed: 7)
        let result = try compress(layer(values, columns: 256), spec(golden.format, group: golden.group))
        #expect(fingerprint(golden.tensors.map { result.bytes($0) }) == golden.hash)
    }

    /// By the same: the bounds between values, both zeros, and the least of numbers.
    @Test func blocksBreakTiesAsBitsAndBytes() throws {
        let bounds: [FourBitTable: [Float]] = [
            .nf4: [
                -0x1.b239bp-1, -0x1.38a4ep-1, -0x1.d709p-2, -0x1.5bd4ecp-2, -0x1.e079d8p-3, -0x1.1a7178p-3,
                -0x1.74f0e2p-5, 0x1.45f5fep-5, 0x1.ec90c4p-4, 0x1.a0cfcp-3, 0x1.2b05a8p-2, 0x1.8ea7f2p-2,
                0x1.00da08p-1, 0x1.491b5ep-1, 0x1.b913b4p-1,
            ],
            .fp4: [
                -0x1.aaaaacp-1, -0x1.2aaaacp-1, -0x1.aaaaacp-2, -0x1.2aaaacp-2, -0x1.aaaaacp-3, -0x1.6p-4,
                -0x1.555556p-9, 0, 0x1.555556p-9, 0x1.6p-4, 0x1.aaaaacp-3, 0x1.2aaaacp-2, 0x1.aaaaacp-2,
                0x1.2aaaacp-1, 0x1.aaaaacp-1,
            ],
        ]
        let codes: [FourBitTable: [UInt8]] = [
            .nf4: [240, 18, 52, 86, 120, 154, 188, 222, 119, 7, 119],
            .fp4: [59, 173, 207, 233, 8, 22, 116, 82, 0, 176, 128],
        ]
        for kind in FourBitTable.all {
            var values = [1] + (bounds[kind] ?? []) + [-0.0, 0, -1, -1e-30, 1e-30]
            values += [Float](repeating: 0, count: 64 - values.count)
            let result = try compress(layer(values, columns: 64), spec(kind == .nf4 ? .nf4 : .fp4))
            #expect(Array(result.bytes("weight").prefix(11)) == codes[kind])
            let zeros = try compress(
                layer([Float](repeating: 0, count: 64), columns: 64), spec(kind == .nf4 ? .nf4 : .fp4))
            #expect(zeros.bytes("weight") == [UInt8](repeating: kind == .nf4 ? 119 : 0, count: 32))
            #expect(zeros.bytes("weight.absmax") == [0, 0, 0, 0])
            // 10⁻³⁹, which is less than any normal number.
            let least = [Float](repeating: Float(bitPattern: 713_624), count: 64)
            let tiny = try compress(layer(least, columns: 64), spec(kind == .nf4 ? .nf4 : .fp4))
            #expect(tiny.bytes("weight")[0] == (kind == .nf4 ? 136 : 102))
        }
    }

    private static let scaledTensors = ["weight", "weight_scale"]

    /// e4m3 made by compressed-tensors 0.20.0: scales by `calculate_qparams`, rounded to their type, elements by `quantize`;
    /// e5m2 in the same way by torch 2.15; mxint8 by torch, straight from the definition.
    @Test(arguments: [
        Golden(format: .e4m3, tensors: scaledTensors, hash: 0xf64c_f3d6_5c71_e9e2),
        Golden(format: .e4m3, scales: .bfloat16, tensors: scaledTensors, hash: 0x253a_cc9b_fc4e_e72f),
        Golden(format: .e4m3, group: .size(16), tensors: scaledTensors, hash: 0x5adf_4b54_3401_f4ca),
        Golden(
            format: .e4m3, group: .size(16), scales: .float32, tensors: scaledTensors,
            hash: 0x9123_7cc7_e0d2_3e32),
        Golden(format: .e5m2, tensors: scaledTensors, hash: 0x362d_1e73_5155_650d),
        Golden(
            format: .e5m2, group: .size(16), scales: .bfloat16, tensors: scaledTensors,
            hash: 0x0143_bd5e_9954_b5e0),
    ]) func bytesEqualTorch(_ golden: Golden) throws {
        let values = randomWeights(rows: 37, columns: 48, seed: 7)
        let result = try compress(
            layer(values, columns: 48), spec(golden.format, group: golden.group, scales: golden.scales))
        #expect(fingerprint(golden.tensors.map { result.bytes($0) }) == golden.hash)
    }

    /// What compressed-tensors' decompressor makes of the same tensors in a model of float32, whose scales are of that type.
    @Test func float8DecodesAsInFloat32() throws {
        let values = randomWeights(rows: 37, columns: 48, seed: 7)
        for (group, type, hash) in [
            (Spec.Group.channel, ScaleType.float16, UInt64(0x4df5_1509_f05b_84e4)),
            (.size(16), .bfloat16, 0x5f01_2c0e_82cb_8923),
        ] {
            let result = try compress(layer(values, columns: 48), spec(.e4m3, group: group, scales: type))
            #expect(fingerprint([result.matrix.decoded.withUnsafeBytes { Array($0) }]) == hash)
        }
    }

    /// All finite float16 numbers times a factor, to bytes: torch 2.15's conversions after clamping to the largest value.
    @Test func float8ConvertsAsTorch() throws {
        let finite = (0..<65_536).map { Float(Float16(bitPattern: UInt16($0))) }.filter(\.isFinite)
        for (format, hashes) in [
            (Float8.e4m3, [UInt64(0xbfcc_2109_c2f4_9ba5), 0xee2b_aaf3_ea3d_abdd]),
            (.e5m2, [0x0a03_a8b5_c7f0_7525, 0xa9bb_3fc0_705a_75ad]),
        ] {
            for (factor, hash) in zip([Float(1), 0.005859375], hashes) {
                #expect(fingerprint([finite.map { format.code($0 * factor) }]) == hash)
            }
        }
    }

    /// By compressed-tensors 0.20.0's `mxfp4-pack-quantized` from the specification's scales; mxint8 by torch.
    @Test func sharedExponentsEqualCompressedTensors() throws {
        let values = randomWeights(rows: 9, columns: 96, seed: 7)
        let four = try compress(layer(values, columns: 96), spec(.mxfp4))
        #expect(fingerprint([four.bytes("weight_packed"), four.bytes("weight_scale")]) == 0x0fca_0cb4_2d9f_801d)
        #expect(fingerprint([four.matrix.decoded.withUnsafeBytes { Array($0) }]) == 0xebe8_08d4_8d6b_b65e)
        let eight = try compress(layer(values, columns: 96), spec(.mxint8))
        #expect(fingerprint([eight.bytes("weight"), eight.bytes("weight_scale")]) == 0xacc2_777b_821b_562b)
    }

    @Test func sharedExponentsBreakTiesAsCompressedTensors() throws {
        let ties: [Float] = [0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5, 6, 7]
        var values = ties + ties.map { -$0 } + [-0.0, -0.1]
        values += [Float](repeating: 0, count: 32 - values.count)
        let result = try compress(layer(values, columns: 32), spec(.mxfp4))
        #expect(Array(result.bytes("weight_packed").prefix(10)) == [32, 66, 100, 118, 135, 170, 204, 238, 255, 128])
        #expect(result.bytes("weight_scale") == [127])
        let least = [Float](repeating: 0x1p-149, count: 32)
        #expect(try compress(layer(least, columns: 32), spec(.mxfp4)).bytes("weight_scale") == [0])
        #expect(
            try compress(layer(least, columns: 32), spec(.mxint8)).matrix.decoded == [Float](repeating: 0, count: 32)
        )
    }

    /// Ternary and binary weights by their definitions, written down plainly.
    @Test func signsFollowTheirDefinitions() throws {
        let values = randomWeights(rows: 5, columns: 48, seed: 3)
        for length in [48, 16] {
            let group: Spec.Group = length == 48 ? .channel : .size(length)
            var (ternary, binary): ([Float], [Float]) = ([], [])
            for start in stride(from: 0, to: values.count, by: length) {
                let part = values[start..<start + length]
                let mean = part.reduce(0.0) { $0 + Double(abs($1)) } / Double(length)
                let scale = Float(Float16(Float(mean)))
                ternary += part.map { min(max(($0 / scale).rounded(.toNearestOrEven), -1), 1) * scale }
                binary += part.map { $0 < 0 ? -scale : scale }
            }
            #expect(try compress(layer(values, columns: 48), spec(.ternary, group: group)).matrix.decoded == ternary)
            #expect(try compress(layer(values, columns: 48), spec(.binary, group: group)).matrix.decoded == binary)
        }
    }

    /// Three levels take 1.6 bits: 40 of them in a word of 64.
    @Test func signsAreStoredDensely() throws {
        let values = randomWeights(rows: 4, columns: 400, seed: 3)
        let ternary = try compress(layer(values, columns: 400), spec(.ternary))
        // 40 words of 64 bits, four scales and three levels.
        #expect(ternary.bitCount == 2672)
        let binary = try compress(layer(values, columns: 400), spec(.binary))
        // 13 words of 32 bits a row, four scales and two levels.
        #expect(binary.bitCount == 1760)
    }

    static let formats: [NumberFormat] = [
        .nf4, .fp4, .nvfp4, .e4m3, .e5m2, .fp8Block, .mxfp4, .mxfp6, .mxfp8, .mxint8, .ternary, .binary,
    ]

    @Test(arguments: formats) func groupsOfZerosStayZero(_ format: NumberFormat) throws {
        var values = randomWeights(rows: 2, columns: 128, seed: 1)
        for index in 128..<256 { values[index] = 0 }
        let decoded = try compress(layer(values, columns: 128), spec(format)).matrix.decoded
        #expect(decoded.suffix(128).allSatisfy { $0 == 0 })
        #expect(decoded.prefix(128).contains { $0 != 0 })
    }

    @Test(arguments: formats) func valuesThatAreNotFiniteAreNamed(_ format: NumberFormat) throws {
        for (bad, column) in [(Float.nan, 3), (.infinity, 70), (-.infinity, 127)] {
            var values = randomWeights(rows: 3, columns: 128, seed: 1)
            values[2 * 128 + column] = bad
            #expect(throws: CompressionError.notFinite(tensor: "layers.0.x", row: 2, column: column)) {
                try compress(layer(values, columns: 128), spec(format))
            }
        }
    }

    @Test func rowsThatBlocksDoNotDivideAreRefused() throws {
        let small = layer(randomWeights(rows: 2, columns: 96, seed: 1), columns: 96)
        let blocks = try #require(throws: CompressionError.self) { try compress(small, spec(.nf4)) }
        #expect(
            blocks.description
                == "rtn-nf4-g64: tensor 'layers.0.x' has rows of 96 weights, which blocks of 64 do not divide; 32 would"
        )
        let odd = layer(randomWeights(rows: 2, columns: 40, seed: 1), columns: 40)
        #expect(throws: CompressionError.self) { try compress(odd, spec(.mxfp4)) }
        #expect(throws: CompressionError.self) { try compress(odd, spec(.ternary, group: .size(16))) }
    }

    @Test func scalesThatDoNotFitAreRefused() throws {
        let large = layer([Float](repeating: 1e6, count: 64), columns: 64)
        for format in [NumberFormat.e4m3, .ternary, .binary] {
            #expect(
                throws: CompressionError.scaleOutOfRange(tensor: "layers.0.x", row: 0, scaleType: "float16")
            ) { try compress(large, spec(format)) }
        }
        let decoded = try compress(large, spec(.e5m2)).matrix.decoded
        #expect(decoded.allSatisfy { abs($0 - 1e6) <= 1 })
    }

    private func error(_ spec: Spec, _ values: [Float], _ columns: Int) throws -> Double {
        let decoded = try compress(layer(values, columns: columns), spec).matrix.decoded
        return zip(values, decoded).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
    }

    /// Group by group, as each has a scale of its own; the sums of the search itself are partly in float32.
    @Test func searchedScalesNeverHaveALargerError() throws {
        var random = Congruential(seed: 23)
        // Products of four uniform numbers: many small ones and some large, as weights with outliers.
        let values = (0..<24 * 128).map { _ in (0..<4).reduce(Float(8)) { value, _ in value * random.centred() } }
        let formats = Self.formats.filter { ![.nvfp4, .e4m3, .e5m2, .fp8Block, .mxint8, .binary].contains($0) }
        var pairs = try formats.map { (try spec($0), try spec($0, search: true)) }
        for bits in 2...8 {
            for symmetric in [true, false] {
                func make(_ search: Bool) throws -> Spec {
                    try Spec(
                        method: .rtn, format: .integer(bits: bits), group: .size(64), symmetric: symmetric,
                        options: .init(scaleSearch: search))
                }
                pairs.append((try make(false), try make(true)))
            }
        }
        for (plain, searched) in pairs {
            var (total, least) = (0.0, 0.0)
            for row in 0..<24 {
                let part = Array(values[row * 128..<(row + 1) * 128])
                let (usual, found) = (try error(plain, part, 128), try error(searched, part, 128))
                #expect(found <= usual * (1 + 1e-6), "\(searched.name), row \(row)")
                (total, least) = (total + usual, least + found)
            }
            // At 8 bits the usual scale is nearly always the best.
            #expect(searched.nominalBits == 8 ? least <= total * (1 + 1e-6) : least < total, "\(searched.name)")
        }
    }
}
