import Compression
import JSON
import Kernels
import Testing

/// GPTQ as people now get it: other orders of columns, and GPTAQ.
struct GPTQVariantTests {
    struct Golden: Sendable, CustomTestStringConvertible {
        let asymmetric: Bool
        let (rows, columns, bits): (Int, Int, Int)
        let symmetric: Bool
        let group: Spec.Group
        let order: String?
        let fingerprint: UInt64

        init(
            _ asymmetric: Bool, _ rows: Int, _ columns: Int, _ bits: Int, _ symmetric: Bool, _ group: Spec.Group,
            _ order: String?, _ fingerprint: UInt64
        ) {
            (self.asymmetric, self.rows, self.columns, self.bits) = (asymmetric, rows, columns, bits)
            (self.symmetric, self.group, self.order, self.fingerprint) = (symmetric, group, order, fingerprint)
        }

        func spec() throws(CompressionError) -> Spec {
            try Spec(
                method: asymmetric ? .gptaq : .gptq, format: .integer(bits: bits), group: group, symmetric: symmetric,
                scales: group == .channel ? nil : .float16,
                options: .init(actOrder: order == "act", order: order.flatMap(ColumnOrder.init(rawValue:))))
        }

        var testDescription: String { "\((try? spec().name) ?? "no spec") \(rows) × \(columns)" }
    }

    private static func layer(rows: Int, columns: Int) -> LinearLayer {
        let values = randomWeights(rows: rows, columns: columns, seed: 21)
        return LinearLayer(
            name: "layers.0.x", weight: DenseMatrix(Matrix(values, columns: columns)), scaleType: .float16)
    }

    private static func tokens(_ columns: Int) -> Int { columns == 48 ? 96 : 400 }

    /// Inputs of the uncompressed model that go beside those of `GPTQTests`.
    private static func uncompressed(_ inputs: Matrix) -> Matrix {
        let other = GPTQTests.inputs(columns: inputs.columns, tokens: inputs.rows, seed: 23)
        let result = Matrix(rows: inputs.rows, columns: inputs.columns)
        result.view.copy(from: inputs.view)
        result.view.add(other.view, times: 0.2)
        return result
    }

    private static func drift(_ inputs: Matrix, _ uncompressed: Matrix) -> CrossMoments {
        let drift = CrossMoments(columns: inputs.columns)
        drift.add(inputs.view, uncompressed: uncompressed.view, windows: inputs.rows)
        return drift
    }

    /// Made by `shipped.py`: the loops of llm-compressor, GPTQModel's gar.py and GPTAQ's authors, in float64.
    @Test(arguments: goldens) func valuesEqualTheReference(_ golden: Golden) throws {
        var layer = Self.layer(rows: golden.rows, columns: golden.columns)
        let inputs = GPTQTests.inputs(columns: golden.columns, tokens: Self.tokens(golden.columns))
        if golden.asymmetric { layer.drift = Self.drift(inputs, Self.uncompressed(inputs)) }
        let spec = try golden.spec()
        let result = try spec.compressor.compress(layer, specs: [spec], hessian: GPTQTests.hessian(inputs))[0]
        let bytes = result.matrix.decoded.flatMap { value in withUnsafeBytes(of: value, Array.init) }
        #expect(fingerprint([bytes]) == golden.fingerprint)
    }

    /// What no order and no drift changes is GPTQ to the bit.
    @Test func inputsThatDidNotMoveGiveGPTQ() throws {
        let inputs = GPTQTests.inputs(columns: 160, tokens: 200)
        var layer = Self.layer(rows: 33, columns: 160)
        layer.drift = Self.drift(inputs, inputs)
        let hessian = GPTQTests.hessian(inputs)
        func decoded(_ method: Method) throws -> [Float] {
            let spec = try Spec(method: method, bits: 3, group: .size(16), symmetric: false)
            return try spec.compressor.compress(layer, specs: [spec], hessian: hessian)[0].matrix.decoded
        }
        #expect(try decoded(.gptaq) == decoded(.gptq))
        layer.drift = nil
        #expect(try decoded(.gptaq) == decoded(.gptq))
    }

    /// The uncompressed model's outputs are nearer to what GPTAQ makes of the moved inputs.
    @Test func outputsAreNearerToThoseOfTheUncompressedModel() throws {
        let inputs = GPTQTests.inputs(columns: 96, tokens: 400)
        let exact = Self.uncompressed(inputs)
        var layer = Self.layer(rows: 24, columns: 96)
        layer.drift = Self.drift(inputs, exact)
        func error(_ method: Method) throws -> Double {
            let spec = try Spec(method: method, bits: 4, group: .size(16), symmetric: false)
            let matrix = try spec.compressor.compress(layer, specs: [spec], hessian: GPTQTests.hessian(inputs))[0]
                .matrix
            let (ours, wanted) = (Matrix(rows: 400, columns: 24), Matrix(rows: 400, columns: 24))
            multiply(inputs.view, matrix, bias: nil, into: ours.view)
            multiply(exact.view, layer.weight, bias: nil, into: wanted.view)
            return ours.readAll { ours in
                wanted.readAll { wanted in
                    ours.indices.reduce(0) { $0 + Double((ours[$1] - wanted[$1]) * (ours[$1] - wanted[$1])) }
                }
            }
        }
        #expect(try error(.gptaq) < error(.gptq))
    }

    @Test func groupsStayOfConsecutiveColumns() throws {
        let layer = Self.layer(rows: 9, columns: 64)
        let hessian = GPTQTests.hessian(GPTQTests.inputs(columns: 64, tokens: 100))
        for order in ColumnOrder.allCases {
            let spec = try Spec(
                method: .gptq, format: .integer(bits: 4), group: .size(16), symmetric: false,
                options: .init(order: order))
            let result = try spec.compressor.compress(layer, specs: [spec], hessian: hessian)[0]
            #expect(!result.tensors.contains { $0.layout.suffix == "weight_g_idx" })
            #expect(
                spec.compressor.configuration(spec, ignored: [])["config_groups"]?.canonicalText.contains("actorder")
                    == false)
        }
    }

    @Test func whatMakesNoSenseIsRefused() {
        #expect(throws: CompressionError.self) {
            try Spec(
                method: .gptq, format: .integer(bits: 4), group: .size(16),
                options: .init(actOrder: true, order: .groupAware))
        }
        #expect(throws: CompressionError.self) {
            try Spec(method: .rtn, format: .integer(bits: 4), options: .init(order: .staticGroups))
        }
        #expect(throws: CompressionError.missingCalibration(method: "gptaq")) {
            let spec = try Spec(method: .gptaq, bits: 4)
            _ = try spec.compressor.compress(Self.layer(rows: 2, columns: 8), specs: [spec], hessian: nil)
        }
    }
}

private let goldens: [GPTQVariantTests.Golden] = [
    .init(false, 20, 48, 2, false, .channel, "static", 0xd8e9_5e2f_1473_baa0),
    .init(false, 20, 48, 2, false, .size(16), "static", 0xe127_9ffb_4b99_e13b),
    .init(false, 20, 48, 2, false, .size(16), "gar", 0x885e_bc5f_a706_559c),
    .init(true, 20, 48, 2, false, .channel, nil, 0xb2ff_9571_9881_fc57),
    .init(true, 20, 48, 2, false, .size(16), nil, 0x47a5_88af_e819_bbfa),
    .init(true, 20, 48, 2, false, .size(16), "static", 0x9b02_4e3a_ef6d_b9aa),
    .init(true, 20, 48, 2, false, .size(16), "gar", 0xc982_4ed2_6938_f754),
    .init(true, 20, 48, 2, false, .channel, "act", 0x006c_f291_af0c_23d9),
    .init(false, 20, 48, 3, true, .channel, "static", 0xe7df_4e75_964e_d126),
    .init(false, 20, 48, 3, true, .size(16), "static", 0x83ab_a390_59ee_c21a),
    .init(false, 20, 48, 3, true, .size(16), "gar", 0x54cc_44c8_36f0_c5c7),
    .init(true, 20, 48, 3, true, .channel, nil, 0xed1f_628b_115c_8b35),
    .init(true, 20, 48, 3, true, .size(16), nil, 0xb07c_7aff_2c5e_bcec),
    .init(true, 20, 48, 3, true, .size(16), "static", 0x8d01_d252_9a58_3945),
    .init(true, 20, 48, 3, true, .size(16), "gar", 0x0239_bbc7_c5ef_08ae),
    .init(true, 20, 48, 3, true, .channel, "act", 0xf3f4_a8c7_dbe4_99eb),
    .init(false, 20, 48, 4, false, .channel, "static", 0x29a6_e1f7_c4a0_f2ed),
    .init(false, 20, 48, 4, false, .size(16), "static", 0xfb2b_0bbe_b9f6_14c9),
    .init(false, 20, 48, 4, false, .size(16), "gar", 0x6384_5dd4_23ee_7a38),
    .init(true, 20, 48, 4, false, .channel, nil, 0x649a_03c9_069a_7c1b),
    .init(true, 20, 48, 4, false, .size(16), nil, 0x8fcb_5258_e3e1_2c87),
    .init(true, 20, 48, 4, false, .size(16), "static", 0xca0b_f9cb_5ad9_c4b2),
    .init(true, 20, 48, 4, false, .size(16), "gar", 0x2714_2179_4174_5761),
    .init(true, 20, 48, 4, false, .channel, "act", 0xb928_8d80_13f6_3ac7),
    .init(false, 37, 304, 2, false, .channel, "static", 0xfbfd_2555_31f0_1d2f),
    .init(false, 37, 304, 2, false, .size(16), "static", 0xe71b_3aff_31c5_48e4),
    .init(false, 37, 304, 2, false, .size(16), "gar", 0xca55_e7dd_50fa_7520),
    .init(true, 37, 304, 2, false, .channel, nil, 0x58ee_4306_58d0_d555),
    .init(true, 37, 304, 2, false, .size(16), nil, 0xdf25_3e7c_dbd4_9cf9),
    .init(true, 37, 304, 2, false, .size(16), "static", 0x7da3_7b7b_203e_2b79),
    .init(true, 37, 304, 2, false, .size(16), "gar", 0x2f4b_8f16_08c2_d4bc),
    .init(true, 37, 304, 2, false, .channel, "act", 0x8a56_c450_c13f_e2d7),
    .init(false, 37, 304, 3, true, .channel, "static", 0xd894_41db_66df_907f),
    .init(false, 37, 304, 3, true, .size(16), "static", 0x7235_ed62_b1de_e94d),
    .init(false, 37, 304, 3, true, .size(16), "gar", 0x39e9_a75e_3b77_95db),
    .init(true, 37, 304, 3, true, .channel, nil, 0x1f86_b77e_db7f_5c50),
    .init(true, 37, 304, 3, true, .size(16), nil, 0x994c_7e23_c330_57ea),
    .init(true, 37, 304, 3, true, .size(16), "static", 0xa510_396b_65e4_d2ba),
    .init(true, 37, 304, 3, true, .size(16), "gar", 0x0ab4_91e8_7069_dc81),
    .init(true, 37, 304, 3, true, .channel, "act", 0x7042_10c2_d351_8565),
    .init(false, 37, 304, 4, false, .channel, "static", 0x8bfd_f0fd_0047_119b),
    .init(false, 37, 304, 4, false, .size(16), "static", 0xd594_584d_cacf_cbf0),
    .init(false, 37, 304, 4, false, .size(16), "gar", 0x3043_9f30_4299_8f9b),
    .init(true, 37, 304, 4, false, .channel, nil, 0xac87_e81c_c6d1_94ac),
    .init(true, 37, 304, 4, false, .size(16), nil, 0x8684_c17f_6f41_02d8),
    .init(true, 37, 304, 4, false, .size(16), "static", 0x2030_11a8_e08b_723a),
    .init(true, 37, 304, 4, false, .size(16), "gar", 0x4b3c_6bd0_567d_56f8),
    .init(true, 37, 304, 4, false, .channel, "act", 0x7240_3a54_9743_c0b6),
]
