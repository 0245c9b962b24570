import Compression
import Kernels
import Testing

private func layer(_ values: [Float], columns: Int, _ type: ScaleType = .float16) -> LinearLayer {
    LinearLayer(name: "layers.0.x", weight: DenseMatrix(Matrix(values, columns: columns)), scaleType: type)
}

private func compress(_ layer: LinearLayer, _ format: NumberFormat) throws -> CompressedWeight {
    let spec = try Spec(method: .rtn, format: format)
    return try spec.compressor.compress(layer, specs: [spec], hessian: nil)[0]
}

extension CompressedWeight {
    fileprivate func bytes(_ suffix: String) -> [UInt8] {
        tensors.first { $0.layout.suffix == suffix }.map { Array($0.storage.bytes.prefix($0.layout.byteCount)) } ?? []
    }

    fileprivate var decodedBytes: [UInt8] { matrix.decoded.withUnsafeBytes { Array($0) } }
}

/// NVFP4, MXFP6, MXFP8 and FP8 in blocks to the bit as compressed-tensors 0.20 makes them (`shipped.py`).
struct ShippedFormatTests {
    private static let nvfp4 = ["weight_packed", "weight_scale", "weight_global_scale"]

    @Test(arguments: [
        (Float(1), UInt64(0xc41d_83ca_14e3_8b08), UInt64(0x4bbe_2e77_77dd_3c7f)),
        (37, 0x2658_3f03_2abb_2b21, 0x6b54_f8cd_5de0_5b9e),
    ]) func nvfp4EqualsCompressedTensors(_ factor: Float, _ stored: UInt64, _ decoded: UInt64) throws {
        var values = randomWeights(rows: 9, columns: 96, seed: 7)
        for column in 16..<32 { values[2 * 96 + column] = 0 }
        values[3 * 96 + 5] *= factor
        let result = try compress(layer(values, columns: 96), .nvfp4)
        #expect(fingerprint(Self.nvfp4.map { result.bytes($0) }) == stored)
        #expect(fingerprint([result.decodedBytes]) == decoded)
    }

    @Test func microscalingEqualsCompressedTensors() throws {
        let values = randomWeights(rows: 9, columns: 96, seed: 7)
        let six = try compress(layer(values, columns: 96), .mxfp6)
        #expect(fingerprint([six.bytes("weight_packed"), six.bytes("weight_scale")]) == 0x1c28_c975_0d45_1163)
        #expect(fingerprint([six.decodedBytes]) == 0x5ccd_954c_33ed_0ac8)
        let eight = try compress(layer(values, columns: 96), .mxfp8)
        #expect(fingerprint([eight.bytes("weight"), eight.bytes("weight_scale")]) == 0xd839_67ed_f097_70f6)
        #expect(fingerprint([eight.decodedBytes]) == 0x7040_806d_e39e_91a6)
    }

    /// Every number of E2M3, what lies half way between two, and what lies beyond.
    @Test func sixBitsBreakTiesAsCompressedTensors() throws {
        let eighths = Array(0..<16) + Array(stride(from: 16, to: 32, by: 2)) + Array(stride(from: 32, to: 64, by: 4))
        let codes = eighths.map { Float($0) / 8 }
        var line = codes + zip(codes, codes.dropFirst()).map { ($0 + $1) / 2 } + [7.75, 7.9]
        line += line.map { -$0 }
        line += [Float](repeating: 0, count: (31 - line.count % 31) % 31)
        // A 4 at the end of each block makes its scale 1.
        let blocks = stride(from: 0, to: line.count, by: 31).flatMap { line[$0..<$0 + 31] + [4] }
        let bytes = try compress(layer(blocks, columns: 32), .mxfp6).bytes("weight_packed")
        #expect(fingerprint([bytes]) == 0x4a96_7f05_8867_f1f3)
    }

    @Test(arguments: [
        (256, 128, ScaleType.float16, UInt64(0x7861_2c07_25c0_c389)),
        (150, 200, .float16, 0x470e_7a1b_c897_d73f),
        (130, 260, .bfloat16, 0x57b4_cf9b_7963_6e8c),
    ]) func blocksEqualCompressedTensors(_ rows: Int, _ columns: Int, _ type: ScaleType, _ hash: UInt64) throws {
        let values = randomWeights(rows: rows, columns: columns, seed: 7)
        let result = try compress(layer(values, columns: columns, type), .fp8Block)
        #expect(result.tensors[1].layout.shape == [(rows + 127) / 128, (columns + 127) / 128])
        #expect(fingerprint([result.bytes("weight"), result.bytes("weight_scale")]) == hash)
    }

    /// Queries, keys and values share a global scale: that of the largest of their weights.
    @Test func whatSharesInputsSharesTheGlobalScale() throws {
        let small = randomWeights(rows: 4, columns: 32, seed: 3)
        let large = small.map { 5 * $0 }
        let members = [("q", small), ("k", large)].map { name, values -> (name: String, weight: any WeightMatrix) in
            (name, DenseMatrix(Matrix(values, columns: 32)))
        }
        let stack = WeightStack(members)
        var globals: [[UInt8]] = []
        for member in members {
            var one = LinearLayer(name: member.name, weight: member.weight, scaleType: .float16)
            one.stack = stack
            globals.append(try compress(one, .nvfp4).bytes("weight_global_scale"))
        }
        let alone = try compress(layer(large, columns: 32), .nvfp4).bytes("weight_global_scale")
        #expect(globals[0] == globals[1] && globals[1] == alone)
        #expect(try compress(layer(small, columns: 32), .nvfp4).bytes("weight_global_scale") != alone)
    }

    @Test func largestAndLeastWeightsStayFinite() throws {
        for magnitude in [Float(1e38), 0x1p-149, 1e-30] {
            let values = [Float](repeating: magnitude, count: 64)
            for format in [NumberFormat.nvfp4, .mxfp6, .mxfp8] {
                let decoded = try compress(layer(values, columns: 64), format).matrix.decoded
                #expect(decoded.allSatisfy { $0.isFinite }, "\(format.name ?? "") \(magnitude)")
            }
        }
        // Scales cannot say how large these are.
        let greatest = [Float](repeating: .greatestFiniteMagnitude, count: 64)
        #expect(throws: CompressionError.scaleOutOfRange(tensor: "layers.0.x", row: 0, scaleType: "float32")) {
            try compress(layer(greatest, columns: 64), .nvfp4)
        }
    }
}
