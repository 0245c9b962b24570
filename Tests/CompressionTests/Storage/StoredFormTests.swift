import Checkpoint
import Compression
import FoundationEssentials
import Kernels
import Testing

/// Weights that other tools have stored, against what those tools make of the same bytes.
struct StoredFormTests {
    /// Golden values by AutoGPTQ's published unpacking: `scales[g_idx] * (weight - zeros[g_idx])` in float16.
    @Test(
        arguments: [
            (2, true, 0x5723_fa14_0527_a910, [0.1864013671875, 0.1864013671875, 0.09320068359375]),
            (2, false, 0xaba7_4bb8_1fec_6d1f, [0.01006317138671875, -0.01006317138671875, 0.01006317138671875]),
            (3, true, 0xca43_5b62_875c_c3fd, [-0.0092010498046875, 0, 0]),
            (3, false, 0x3045_ef42_1257_50fa, [-0.021820068359375, 0.021820068359375, 0.0654296875]),
            (4, true, 0xaf1d_aed5_fd5b_8732, [0.1724853515625, 0.114990234375, 0.40234375]),
            (4, false, 0x205e_ae01_05b6_54bb, [0.33544921875, -0.28759765625, 0.04791259765625]),
            (8, true, 0xe3ca_8317_0b4e_305b, [-0.0924072265625, 3.697265625, 2.46484375]),
            (8, false, 0x275e_b165_b736_33d9, [1.29296875, -0.0673828125, -0.63330078125]),
        ] as [(Int, Bool, UInt64, [Float])])
    func gptqDecodes(bits: Int, lessOne: Bool, hash: UInt64, first: [Float]) throws {
        let found = try StoredModule.gptq(bits: bits, lessOne: lessOne).decoded()
        #expect(found.first == first)
        #expect(found.hash == hash)
    }

    /// Golden values by AutoAWQ's `dequantize_gemm`.
    @Test func awqDecodes() throws {
        let found = try StoredModule.awq.decoded()
        #expect(found.first == [0, -0.415771484375, -0.17822265625])
        #expect(found.hash == 0x56b8_30d4_4d0b_5f91)
    }

    /// Golden values by `dequantize_4bit` of bitsandbytes 0.50.
    @Test(
        arguments: [
            ("nf4", "float16", false, 0xe68c_d047_e754_90b1), ("nf4", "float16", true, 0x2a03_00f0_2638_6c59),
            ("nf4", "bfloat16", false, 0xb9d1_7a62_4906_99f5), ("nf4", "bfloat16", true, 0xcc05_ec0e_e9a9_7a0d),
            ("nf4", "float32", false, 0xbeae_cb23_6d79_d288), ("nf4", "float32", true, 0x4c11_3994_1aeb_2237),
            ("fp4", "float16", false, 0x460e_dba8_5a09_32c0), ("fp4", "float16", true, 0x4481_f0a5_4121_4d3c),
            ("fp4", "bfloat16", false, 0x3471_4329_7bca_2ed3), ("fp4", "bfloat16", true, 0x2a95_bb5f_df08_5a30),
            ("fp4", "float32", false, 0x2c4e_c2be_6131_5a21), ("fp4", "float32", true, 0x9c93_fcbc_be49_1a2b),
        ] as [(String, String, Bool, UInt64)])
    func fourBitsDecode(kind: String, type: String, nested: Bool, hash: UInt64) throws {
        #expect(try StoredModule.fourBits(kind, type: type, nested: nested).decoded().hash == hash)
    }

    /// Golden values by `int8_vectorwise_dequant` of bitsandbytes 0.50, and `dequantize` of compressed-tensors 0.20 given
    /// scales of float32, as transformers loads them into a model of float32.
    @Test func eightBitsDecode() throws {
        #expect(try StoredModule.eightBits.decoded().hash == 0x5065_5645_37e8_34d3)
        #expect(try StoredModule.integers.decoded().hash == 0x3b6b_fe5c_3c80_0073)
        #expect(try StoredModule.floats.decoded().hash == 0x0b63_afcb_0d24_ee0e)
    }

    static let all: [StoredModule] =
        [2, 3, 4, 8].flatMap { [.gptq(bits: $0, lessOne: true), .gptq(bits: $0, lessOne: false)] }
        + [
            .awq, .fourBits("nf4", type: "bfloat16", nested: true), .fourBits("fp4", type: "float16", nested: false),
            .eightBits, .integers, .floats,
        ]

    /// A panel of the matrix product holds the same values as the rows, whatever it starts at and however wide it is.
    @Test func panelsHoldTheRows() throws {
        for module in Self.all {
            try module.withStore { store in
                let weight = try store.matrix(StoredModule.name)
                let whole = weight.decoded
                for (first, count) in [(0, 16), (3, 16), (8, 16), (16, 16), (1, 4), (30, 2)]
                where first + count <= weight.rows {
                    let columns = 3..<weight.columns - 2
                    var panel = [Float](repeating: .nan, count: 16 * columns.count)
                    var span = panel.mutableSpan
                    weight.pack(rows: first..<first + count, columns: columns, into: &span)
                    for (index, column) in columns.enumerated() {
                        for lane in 0..<16 {
                            let expected = lane < count ? whole[(first + lane) * weight.columns + column] : 0
                            #expect(panel[index * 16 + lane] == expected)
                        }
                    }
                }
            }
        }
    }

    @Test func bitsPerWeightCountWhatIsStored() throws {
        let found = try Self.all.map {
            try $0.withStore { store in
                let weight = try store.matrix(StoredModule.name)
                let module = LinearModule(name: StoredModule.name, outputs: weight.rows, inputs: weight.columns)
                return store.bitsPerWeight(of: [module])
            }
        }
        // Codes, then 16-bit scales and b-bit zero points for 16 inputs each, then 32 bits of g_idx for 32 outputs.
        let gptq: [Double] = [2.0, 3, 4, 8].flatMap { (bits: Double) -> [Double] in
            let stored: Double = bits + (16 + bits) / 16 + 1
            return [stored, stored]
        }
        let (awq, count): (Double, Double) = (4 + 20.0 / 32, 768)
        let nested: Double = 4 + Double(12 * 8 + 256 * 32 + 32 + 16 * 32) / count
        let plain: Double = 4 + Double(12 * 32 + 16 * 32) / count
        let bytes: [Double] = [8 + 32.0 / 24, 8 + 24.0 / 8, 8 + 16.0 / 24]
        let expected: [Double] = gptq + [awq, nested, plain] + bytes
        for (found, expected) in zip(found, expected) { #expect(abs(found - expected) < 1e-12) }
    }

    /// A `g_idx` that is 0 throughout says nothing.
    @Test func unsetGroupIndicesAreInOrder() throws {
        let module = StoredModule.gptq(bits: 4, lessOne: true)
        #expect(try module.replacing("g_idx", .int32, [64]).decoded().hash == module.decoded().hash)
        #expect(try module.replacing("g_idx").decoded().hash == module.decoded().hash)
    }

    /// GPTQModel's words with a zero point of 0, from whose neighbour the subtraction has borrowed.
    @Test func zeroPointsOfZeroComeBack() throws {
        var module = StoredModule.gptq(bits: 4, lessOne: true).replacing("qzeros").replacing("qweight")
        let zeros: UInt32 = 0x8030_5010
        module.add("qzeros", .int32, [4, 4], [UInt32](repeating: zeros &- 0x1111_1111, count: 16))
        module.add("qweight", .int32, [8, 32], [UInt32](repeating: 0, count: 256))
        try module.withStore { store in
            let weight = try store.matrix(StoredModule.name).decoded
            let scales = module.pieces.first { $0.piece == "scales" }?.bytes ?? []
            for row in 0..<32 {
                let scale = scales.withUnsafeBytes {
                    Float($0.loadUnaligned(fromByteOffset: 2 * row, as: Float16.self))
                }
                let zero = Float(zeros >> UInt32(row % 8 * 4) & 15)
                #expect(weight[row * 64] == Float(Float16(-zero * scale)))
            }
        }
    }
}
