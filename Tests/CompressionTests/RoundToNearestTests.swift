import Checkpoint
import Compression
import Kernels
import Testing

/// Round to nearest written down plainly, straight from its definition: the oracle of the vectorized one.
private func plainRoundToNearest(
    _ row: [Float], bits: Int, group: Int, symmetric: Bool, rounded: (Float) -> Float
) -> [Float] {
    let top = Float((1 << bits) - 1)
    return stride(from: 0, to: row.count, by: group).flatMap { start -> [Float] in
        let values = row[start..<min(row.count, start + group)]
        let (low, high) = (min(0, values.min() ?? 0), max(0, values.max() ?? 0))
        if symmetric {
            var scale = rounded(max(-low, high) / (top / 2))
            if scale == 0 { scale = low == high ? 1 : rounded(0x1p-24) }
            let half = Float(1 << (bits - 1))
            return values.map { min(max(($0 / scale).rounded(.toNearestOrEven), -half), half - 1) * scale }
        }
        var scale = rounded((high - low) / top)
        if scale == 0 { scale = low == high ? 1 : rounded(0x1p-24) }
        let zero = min(max((-low / scale).rounded(.toNearestOrEven), 0), top)
        return values.map { (min(max(($0 / scale).rounded(.toNearestOrEven) + zero, 0), top) - zero) * scale }
    }
}

struct RoundToNearestTests {
    private func layer(_ values: [Float], columns: Int, _ scaleType: ScaleType = .float16) -> LinearLayer {
        LinearLayer(
            name: "layers.0.x", weight: DenseMatrix(Matrix(values, columns: columns)), scaleType: scaleType)
    }

    private func compress(_ layer: LinearLayer, _ specs: [Spec]) throws(CompressionError) -> [CompressedWeight] {
        try RoundToNearest().compress(layer, specs: specs, hessian: nil)
    }

    /// Made by compressed-tensors 0.20.0: scales by `calculate_qparams` on the float32 weights, rounded to the type;
    /// symmetric codes by `quantize`, asymmetric ones by torch in the definition's order (the package adds the zero
    /// point before it rounds, which differs at ties); packed by `pack_to_int32`.
    ///
    /// Fingerprint of packed codes, scales, zeros.
    @Test(arguments: goldens) func codesScalesAndPackingEqualCompressedTensors(_ golden: Golden) throws {
        let source = randomWeights(rows: 37, columns: 48, seed: 7)
        let values = golden.scaleType == .float16 ? source : source.map { bfloat16($0) }
        let spec = try Spec(method: .rtn, bits: golden.bits, group: golden.group, symmetric: golden.symmetric)
        let result = try compress(layer(values, columns: 48, golden.scaleType), [spec])[0]
        let parts = result.tensors.filter { $0.layout.suffix != "weight_shape" }.map { Array($0.storage.bytes) }
        #expect(fingerprint(parts) == golden.fingerprint)
    }

    @Test(arguments: [(3, 5), (7, 24), (16, 33), (2, 100)], [ScaleType.float16, .bfloat16])
    func valuesEqualThePlainVersion(_ group: (length: Int, count: Int), _ scaleType: ScaleType) throws {
        let columns = group.length * group.count
        let values = randomWeights(rows: 9, columns: columns, seed: UInt32(columns)).map { $0 * 0.03 }
        let rounded: (Float) -> Float = scaleType == .float16 ? { Float(Float16($0)) } : { bfloat16($0) }
        for bits in 2...8 {
            for symmetric in [true, false] {
                let spec = try Spec(method: .rtn, bits: bits, group: .size(group.length), symmetric: symmetric)
                let weight = try compress(layer(values, columns: columns, scaleType), [spec])[0].matrix
                let expected = (0..<9).flatMap { row in
                    plainRoundToNearest(
                        Array(values[row * columns..<(row + 1) * columns]), bits: bits, group: group.length,
                        symmetric: symmetric, rounded: rounded)
                }
                #expect(weight.decoded == expected, "\(spec.name)")
            }
        }
    }

    @Test func errorIsAtMostHalfAStep() throws {
        let values = randomWeights(rows: 8, columns: 64, seed: 11)
        for bits in 2...8 {
            let spec = try Spec(method: .rtn, bits: bits, group: .size(16), symmetric: false)
            let weight = try compress(layer(values, columns: 64), [spec])[0].matrix
            for (group, errors) in zip(values, weight.decoded).map({ abs($0 - $1) }).chunks(of: 16).enumerated() {
                let original = values[group * 16..<group * 16 + 16]
                let span = max(0, original.max() ?? 0) - min(0, original.min() ?? 0)
                // The scale's rounding to float16 moves the outermost level by up to 2⁻¹¹ of the span.
                let step = span / Float((1 << bits) - 1)
                #expect((errors.max() ?? 0) <= step / 2 + span * 0x1p-11)
            }
        }
    }

    @Test func manySpecsAtOnceEqualOneAtATime() throws {
        let values = randomWeights(rows: 300, columns: 96, seed: 5)
        var specs: [Spec] = []
        for bits in 2...8 {
            specs.append(try Spec(method: .rtn, bits: bits, group: .size(16), symmetric: bits % 2 == 0))
        }
        let together = try compress(layer(values, columns: 96), specs)
        for (spec, result) in zip(specs, together) {
            let alone = try Parallel.$limit.withValue(1) { try compress(layer(values, columns: 96), [spec])[0] }
            #expect(
                zip(alone.tensors, result.tensors).allSatisfy { Array($0.storage.bytes) == Array($1.storage.bytes) })
        }
    }

    @Test func zeroGroupsHaveScaleOne() throws {
        for symmetric in [true, false] {
            let spec = try Spec(method: .rtn, bits: 3, group: .size(8), symmetric: symmetric)
            let result = try compress(layer([Float](repeating: 0, count: 16), columns: 16), [spec])[0]
            #expect(result.matrix.decoded.allSatisfy { $0 == 0 })
            #expect(Array(result.tensors[1].storage.bytes) == [0, 0x3c, 0, 0x3c])
        }
    }

    @Test func valuesTooSmallForTheScalesTypeKeepTheirSize() throws {
        let values: [Float] = [1e-8, -3e-8, 6e-8, 1e-7, -1e-7, 0, 2e-8, 9e-8]
        let spec = try Spec(method: .rtn, bits: 4, group: .channel, symmetric: true)
        let decoded = try compress(layer(values, columns: 8), [spec])[0].matrix.decoded
        for (value, result) in zip(values, decoded) { #expect(abs(value - result) <= 0x1p-25) }
    }

    @Test func valuesThatAreNotFiniteAreNamed() throws {
        let spec = try Spec(method: .rtn, bits: 4, group: .size(16), symmetric: false)
        for (bad, column) in [(Float.nan, 3), (.infinity, 17), (-.infinity, 31)] {
            var values = randomWeights(rows: 3, columns: 32, seed: 1)
            values[2 * 32 + column] = bad
            #expect(throws: CompressionError.notFinite(tensor: "layers.0.x", row: 2, column: column)) {
                try compress(layer(values, columns: 32), [spec])
            }
        }
        var values = randomWeights(rows: 1, columns: 21, seed: 1)
        values[20] = .nan
        let channel = try Spec(method: .rtn, bits: 4)
        #expect(throws: CompressionError.notFinite(tensor: "layers.0.x", row: 0, column: 20)) {
            try compress(layer(values, columns: 21), [channel])
        }
    }

    @Test func scalesThatOverflowTheirTypeAreNamed() throws {
        let spec = try Spec(method: .rtn, bits: 2, group: .channel, symmetric: true)
        #expect(throws: CompressionError.scaleOutOfRange(tensor: "layers.0.x", row: 1, scaleType: "float16")) {
            try compress(layer([1, 2, 3e6, 4], columns: 2), [spec])
        }
    }

    @Test func groupsThatDoNotDivideTheRowAreNamed() throws {
        let spec = try Spec(method: .rtn, bits: 4, group: .size(32))
        #expect(
            throws: CompressionError.groupDoesNotDivide(
                tensor: "layers.0.x", rowLength: 48, group: 32, allowed: [8, 12, 16, 24, 48])
        ) { try compress(layer(randomWeights(rows: 2, columns: 48, seed: 1), columns: 48), [spec]) }
    }

    @Test func bitsPerWeightCountScalesAndZeroPoints() throws {
        let values = randomWeights(rows: 64, columns: 64, seed: 1)
        let asymmetric = try Spec(method: .rtn, bits: 4, group: .size(16), symmetric: false)
        let symmetric = try Spec(method: .rtn, bits: 3, group: .channel)
        let results = try compress(layer(values, columns: 64), [asymmetric, symmetric])
        #expect(results[0].bitsPerWeight == 5.25)
        #expect(results[1].bitsPerWeight == 3.25)
    }
}

struct Golden: Sendable, CustomTestStringConvertible {
    let scaleType: ScaleType
    let bits: Int
    let symmetric: Bool
    let group: Spec.Group
    let fingerprint: UInt64

    init(_ scaleType: ScaleType, _ bits: Int, _ symmetric: Bool, _ group: Spec.Group, _ fingerprint: UInt64) {
        self.scaleType = scaleType
        self.bits = bits
        self.symmetric = symmetric
        self.group = group
        self.fingerprint = fingerprint
    }

    var testDescription: String { "\(scaleType) \(symmetric ? "sym" : "asym") w\(bits) \(group)" }
}

private func bfloat16(_ value: Float) -> Float {
    let bits = value.bitPattern
    return Float(bitPattern: (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000)
}

extension Array {
    fileprivate func chunks(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min(count, $0 + size)]) }
    }
}

private let goldens: [Golden] = [
    Golden(.float16, 2, true, .channel, 0x95c0_9d5e_d5da_75c8),
    Golden(.float16, 2, true, .size(16), 0x7e79_b59b_8b5d_26b8),
    Golden(.float16, 2, false, .channel, 0x2601_cfd2_80c7_d107),
    Golden(.float16, 2, false, .size(16), 0xa9b9_f7e8_05b6_8d60),
    Golden(.float16, 3, true, .channel, 0x8d93_d46c_a127_fbc9),
    Golden(.float16, 3, true, .size(16), 0xff03_5d05_5f48_fee2),
    Golden(.float16, 3, false, .channel, 0x0013_534f_bfe2_cb44),
    Golden(.float16, 3, false, .size(16), 0x7927_ea25_b473_481f),
    Golden(.float16, 4, true, .channel, 0x56e0_e9fc_1a33_f08d),
    Golden(.float16, 4, true, .size(16), 0x79cc_7ebc_401e_a246),
    Golden(.float16, 4, false, .channel, 0x9364_3e2b_b491_4d84),
    Golden(.float16, 4, false, .size(16), 0xd90e_6bee_8e1e_adcc),
    Golden(.float16, 5, true, .channel, 0x06d2_1e5e_47b3_e87a),
    Golden(.float16, 5, true, .size(16), 0x6b70_7c9d_914f_1c99),
    Golden(.float16, 5, false, .channel, 0x2692_a9da_5ea2_78a3),
    Golden(.float16, 5, false, .size(16), 0xc7bc_e7af_6d00_9682),
    Golden(.float16, 6, true, .channel, 0x2629_1eb2_6e74_3fcd),
    Golden(.float16, 6, true, .size(16), 0xbfa9_b776_14a9_a7f5),
    Golden(.float16, 6, false, .channel, 0x4596_0162_121d_0d42),
    Golden(.float16, 6, false, .size(16), 0x2d49_42da_1af4_ccb9),
    Golden(.float16, 7, true, .channel, 0x4e89_a2c5_fb09_6598),
    Golden(.float16, 7, true, .size(16), 0xb465_5504_83a0_1d0a),
    Golden(.float16, 7, false, .channel, 0x8bdc_ee4f_222c_b9c8),
    Golden(.float16, 7, false, .size(16), 0x550e_526d_1550_cda2),
    Golden(.float16, 8, true, .channel, 0x341d_a0de_09d7_3fba),
    Golden(.float16, 8, true, .size(16), 0x60c7_54b7_cb0b_333d),
    Golden(.float16, 8, false, .channel, 0x7788_79fd_d5d4_b253),
    Golden(.float16, 8, false, .size(16), 0x2ba1_d863_2092_7433),
    Golden(.bfloat16, 2, true, .channel, 0x0c54_f033_60de_1346),
    Golden(.bfloat16, 2, true, .size(16), 0x27cc_37be_6ec2_2dc3),
    Golden(.bfloat16, 2, false, .channel, 0xb772_7ff0_53c5_77a9),
    Golden(.bfloat16, 2, false, .size(16), 0xac95_a7fe_f354_06e5),
    Golden(.bfloat16, 3, true, .channel, 0x01b2_84dc_3411_a128),
    Golden(.bfloat16, 3, true, .size(16), 0x19de_4f5b_6c94_35bb),
    Golden(.bfloat16, 3, false, .channel, 0x83fc_a95f_864b_8ce8),
    Golden(.bfloat16, 3, false, .size(16), 0x0763_c7fd_0004_6c63),
    Golden(.bfloat16, 4, true, .channel, 0x211c_434c_6948_2c2e),
    Golden(.bfloat16, 4, true, .size(16), 0xfb91_5dc8_cb05_37db),
    Golden(.bfloat16, 4, false, .channel, 0x1d65_8ed5_e689_ab91),
    Golden(.bfloat16, 4, false, .size(16), 0x5f1b_d3d5_cd1f_b5dc),
    Golden(.bfloat16, 5, true, .channel, 0x1025_9c01_d79a_6aaa),
    Golden(.bfloat16, 5, true, .size(16), 0x7354_1450_df26_0904),
    Golden(.bfloat16, 5, false, .channel, 0xa80f_b492_c478_6235),
    Golden(.bfloat16, 5, false, .size(16), 0x4ed1_9c66_1efb_b705),
    Golden(.bfloat16, 6, true, .channel, 0x8464_fbef_461b_1276),
    Golden(.bfloat16, 6, true, .size(16), 0x0543_d473_9c83_5bb2),
    Golden(.bfloat16, 6, false, .channel, 0x4587_3884_89eb_3902),
    Golden(.bfloat16, 6, false, .size(16), 0x09e7_82f6_2862_0a40),
    Golden(.bfloat16, 7, true, .channel, 0x5c7b_99e6_b7ba_742b),
    Golden(.bfloat16, 7, true, .size(16), 0xc8e1_cf9d_6151_7085),
    Golden(.bfloat16, 7, false, .channel, 0x0cdb_bd48_f0fb_69fc),
    Golden(.bfloat16, 7, false, .size(16), 0x09a2_3fde_67eb_be82),
    Golden(.bfloat16, 8, true, .channel, 0x0296_f5c5_8ef5_aa73),
    Golden(.bfloat16, 8, true, .size(16), 0x0f65_5052_9b77_b1b8),
    Golden(.bfloat16, 8, false, .channel, 0x7cc9_7e29_4e8c_fcb4),
    Golden(.bfloat16, 8, false, .size(16), 0x6d3d_57a0_f79e_5586),
]
