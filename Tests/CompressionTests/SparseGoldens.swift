import Compression
import Testing

/// What a sparse method makes of random weights: how many it keeps, and the fingerprint of the float32 values.
struct SparseGolden: Sendable, CustomTestStringConvertible {
    enum Size { case short, long }
    enum Rounding { case symmetric4, asymmetric3 }

    let size: Size
    let method: Method
    let sparsity: Sparsity
    let rounding: Rounding?
    let kept: Int
    let fingerprint: UInt64

    init(
        _ size: Size, _ method: Method, _ sparsity: Sparsity, _ rounding: Rounding?, kept: Int,
        _ fingerprint: UInt64
    ) {
        self.size = size
        self.method = method
        self.sparsity = sparsity
        self.rounding = rounding
        self.kept = kept
        self.fingerprint = fingerprint
    }

    var rows: Int { size == .short ? 20 : 37 }
    var columns: Int { size == .short ? 48 : 304 }
    var tokens: Int { size == .short ? 96 : 400 }

    func spec() throws(CompressionError) -> Spec {
        let options = Spec.Options(sparsity: sparsity)
        return switch rounding {
        case nil: try Spec(method: method, format: .stored, options: options)
        case .symmetric4: try Spec(method: method, format: .integer(bits: 4), options: options)
        case .asymmetric3:
            try Spec(
                method: method, format: .integer(bits: 3), group: .size(16), symmetric: false, options: options)
        }
    }

    var testDescription: String { "\(size) " + ((try? spec().name) ?? "no spec") }
}

let sparseGoldens: [SparseGolden] = [
    .init(.short, .magnitude, .share(0.5), nil, kept: 480, 0x90d8_5ce9_6cff_b6a3),
    .init(.short, .magnitude, .share(0.5), .symmetric4, kept: 480, 0x682b_8a64_1f3a_6f22),
    .init(.short, .magnitude, .share(0.5), .asymmetric3, kept: 480, 0xf092_0932_5b1b_295d),
    .init(.short, .magnitude, .share(0.3), nil, kept: 672, 0x851f_eddd_1dbf_a96b),
    .init(.short, .magnitude, .share(0.3), .symmetric4, kept: 672, 0xf6fa_95d5_320d_6314),
    .init(.short, .magnitude, .share(0.3), .asymmetric3, kept: 672, 0x7496_eddb_cd3c_9e30),
    .init(.short, .magnitude, .pattern(kept: 2, of: 4), nil, kept: 480, 0xa15c_4e54_1018_093c),
    .init(.short, .magnitude, .pattern(kept: 2, of: 4), .symmetric4, kept: 480, 0x7aff_46fa_a914_a924),
    .init(.short, .magnitude, .pattern(kept: 2, of: 4), .asymmetric3, kept: 480, 0xf7e2_d369_420e_3347),
    .init(.short, .magnitude, .pattern(kept: 4, of: 8), nil, kept: 480, 0xd5a1_0c76_d69f_2165),
    .init(.short, .magnitude, .pattern(kept: 4, of: 8), .symmetric4, kept: 480, 0x2c28_7a9c_5922_8cd9),
    .init(.short, .magnitude, .pattern(kept: 4, of: 8), .asymmetric3, kept: 480, 0x042e_7116_bd0d_7fa8),
    .init(.short, .wanda, .share(0.5), nil, kept: 480, 0xcfb0_8dce_146b_cf00),
    .init(.short, .wanda, .share(0.5), .symmetric4, kept: 480, 0xef50_8dae_7bc9_c0dd),
    .init(.short, .wanda, .share(0.5), .asymmetric3, kept: 480, 0x8328_58db_36b8_5c44),
    .init(.short, .wanda, .share(0.3), nil, kept: 680, 0x3f1e_ad58_5493_e3f3),
    .init(.short, .wanda, .share(0.3), .symmetric4, kept: 680, 0xebad_1ed0_ca6d_61e7),
    .init(.short, .wanda, .share(0.3), .asymmetric3, kept: 680, 0xeaae_21f1_eaf7_ddd2),
    .init(.short, .wanda, .pattern(kept: 2, of: 4), nil, kept: 480, 0x37d3_3613_f68e_3c2b),
    .init(.short, .wanda, .pattern(kept: 2, of: 4), .symmetric4, kept: 480, 0x4f9a_6085_cec0_c951),
    .init(.short, .wanda, .pattern(kept: 2, of: 4), .asymmetric3, kept: 480, 0xf3d8_ce15_5237_caab),
    .init(.short, .wanda, .pattern(kept: 4, of: 8), nil, kept: 480, 0x3e68_e8f9_363f_5564),
    .init(.short, .wanda, .pattern(kept: 4, of: 8), .symmetric4, kept: 480, 0x9f06_84ef_4f8b_8d30),
    .init(.short, .wanda, .pattern(kept: 4, of: 8), .asymmetric3, kept: 480, 0x1fb0_f236_6958_c0a2),
    .init(.short, .sparsegpt, .share(0.5), nil, kept: 479, 0x0d66_a209_3d77_3ab8),
    .init(.short, .sparsegpt, .share(0.5), .symmetric4, kept: 479, 0x4aee_8fe3_3a77_f03b),
    .init(.short, .sparsegpt, .share(0.5), .asymmetric3, kept: 479, 0x63f8_7a64_72b5_e2ee),
    .init(.short, .sparsegpt, .share(0.3), nil, kept: 671, 0xef4c_6359_bcaa_d79c),
    .init(.short, .sparsegpt, .share(0.3), .symmetric4, kept: 671, 0x84f9_41f1_d92f_db55),
    .init(.short, .sparsegpt, .share(0.3), .asymmetric3, kept: 671, 0x0cdd_79dd_2238_25ca),
    .init(.short, .sparsegpt, .pattern(kept: 2, of: 4), nil, kept: 480, 0xc39c_d0fe_cc5a_e024),
    .init(.short, .sparsegpt, .pattern(kept: 2, of: 4), .symmetric4, kept: 480, 0xbde1_4f4e_5dd2_dc11),
    .init(.short, .sparsegpt, .pattern(kept: 2, of: 4), .asymmetric3, kept: 480, 0x0735_0307_eb4d_476e),
    .init(.short, .sparsegpt, .pattern(kept: 4, of: 8), nil, kept: 480, 0xdefd_e4da_6e17_89a4),
    .init(.short, .sparsegpt, .pattern(kept: 4, of: 8), .symmetric4, kept: 480, 0x6a31_dc7c_4a0e_3c0d),
    .init(.short, .sparsegpt, .pattern(kept: 4, of: 8), .asymmetric3, kept: 480, 0x2b68_5cd2_7d56_2016),
    .init(.long, .magnitude, .share(0.5), nil, kept: 5624, 0x33a7_2f8f_1293_7fed),
    .init(.long, .magnitude, .share(0.5), .symmetric4, kept: 5624, 0xe291_eed6_c8a9_b823),
    .init(.long, .magnitude, .share(0.5), .asymmetric3, kept: 5624, 0xf261_5b33_e8b9_cd2a),
    .init(.long, .magnitude, .share(0.3), nil, kept: 7874, 0x8bef_f233_69e3_3607),
    .init(.long, .magnitude, .share(0.3), .asymmetric3, kept: 7874, 0xdb99_c765_46e6_3ace),
    .init(.long, .magnitude, .pattern(kept: 2, of: 4), nil, kept: 5624, 0x1332_633f_c44c_4c7f),
    .init(.long, .magnitude, .pattern(kept: 2, of: 4), .symmetric4, kept: 5624, 0x5fd7_eab9_b8f5_dda8),
    .init(.long, .magnitude, .pattern(kept: 2, of: 4), .asymmetric3, kept: 5624, 0xc8ae_524a_05aa_401b),
    .init(.long, .magnitude, .pattern(kept: 4, of: 8), nil, kept: 5624, 0xf74d_0edc_f8e7_92e9),
    .init(.long, .magnitude, .pattern(kept: 4, of: 8), .asymmetric3, kept: 5624, 0xcfb8_765a_fdaa_f83d),
    .init(.long, .wanda, .share(0.5), nil, kept: 5624, 0x4945_4b55_b241_5e44),
    .init(.long, .wanda, .share(0.5), .symmetric4, kept: 5624, 0x9a0e_eeee_c464_70a1),
    .init(.long, .wanda, .share(0.5), .asymmetric3, kept: 5624, 0x6573_0fe1_981e_3173),
    .init(.long, .wanda, .share(0.3), nil, kept: 7881, 0xf83f_5cea_9656_ae4b),
    .init(.long, .wanda, .share(0.3), .asymmetric3, kept: 7881, 0x5c7c_20b6_8cc0_9f63),
    .init(.long, .wanda, .pattern(kept: 2, of: 4), nil, kept: 5624, 0xd404_bdec_1818_c96f),
    .init(.long, .wanda, .pattern(kept: 2, of: 4), .symmetric4, kept: 5624, 0x1b89_2ed3_7810_bc78),
    .init(.long, .wanda, .pattern(kept: 2, of: 4), .asymmetric3, kept: 5624, 0x8f19_9343_1190_4a95),
    .init(.long, .wanda, .pattern(kept: 4, of: 8), nil, kept: 5624, 0x6c89_b75c_9b69_fe96),
    .init(.long, .wanda, .pattern(kept: 4, of: 8), .asymmetric3, kept: 5624, 0xa249_de7c_4140_1571),
    .init(.long, .sparsegpt, .share(0.5), nil, kept: 5621, 0x44ee_e125_4cd7_e07d),
    .init(.long, .sparsegpt, .share(0.5), .symmetric4, kept: 5621, 0x704e_87b1_81b3_6e9b),
    .init(.long, .sparsegpt, .share(0.5), .asymmetric3, kept: 5621, 0xd7bb_725d_6063_bef7),
    .init(.long, .sparsegpt, .share(0.3), .asymmetric3, kept: 7873, 0xdaba_aa2b_7a76_9325),
    .init(.long, .sparsegpt, .pattern(kept: 2, of: 4), .symmetric4, kept: 5624, 0x0486_6065_6aa3_b740),
    .init(.long, .sparsegpt, .pattern(kept: 2, of: 4), .asymmetric3, kept: 5624, 0x6eec_93e2_4820_7777),
    .init(.long, .sparsegpt, .pattern(kept: 4, of: 8), .asymmetric3, kept: 5624, 0x160e_3d1d_587d_2af1),
]
