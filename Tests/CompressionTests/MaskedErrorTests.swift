import Checkpoint
import Compression
import Testing

/// What contradicts itself in weights stored in our own layouts.
struct MaskedErrorTests {
    private static let name = StoredModule.name

    /// 3 × 12 weights of which 13 are kept, as codes of 4 bits in groups of 6.
    private static var codes: StoredModule {
        var module = StoredModule(
            quantization: #"{"quant_method": "qid", "format": "sparse", "bits": 4, "symmetric": false}"#)
        module.add("weight_mask", .uint8, [3, 2], [0x0f, 0x01, 0xff, 0x00, 0x00, 0x00] as [UInt8])
        module.add("weight_packed", .int32, [2], [0x7654_3210, 0x000c_ba98] as [UInt32])
        module.add("weight_scale", .float32, [3, 2], [1, 2, 0.5, 4, 1, 1] as [Float])
        module.add("weight_zero_point", .int32, [1], [0x0080_0001] as [UInt32])
        module.add("weight_shape", .int64, [2], [3, 12] as [Int64])
        return module
    }

    /// Two rows of rank 2, three columns.
    private static var factors: StoredModule {
        var module = StoredModule(quantization: #"{"quant_method": "qid", "format": "low-rank"}"#)
        module.add("weight_left_values", .float32, [4], [1, 2, 3, 4] as [Float])
        module.add("weight_left_shape", .int64, [2], [2, 2] as [Int64])
        module.add("weight_right_values", .float32, [6], [1, 0, 2, 0, 1, 3] as [Float])
        module.add("weight_right_shape", .int64, [2], [2, 3] as [Int64])
        return module
    }

    private func error(_ module: StoredModule) throws -> CompressionError? {
        #expect(throws: CompressionError.self) { try module.withStore { _ = try $0.matrix(Self.name) } }
    }

    private func wrongShape(_ piece: String, _ found: [Int], _ expected: String) -> CompressionError {
        .wrongShape(tensor: "\(Self.name).\(piece)", found: found, expected: expected)
    }

    /// By hand: row 0 keeps columns 0–3 (codes 0–3, group 0: zero 1, scale 1) and 8 (code 4, group 1: zero 0, scale 2); row 1
    /// keeps columns 0–7 (codes 5–12: zero 0, scale 0.5, then zero 0, scale 4).
    @Test func valuesAreWhereTheirBitsAre() throws {
        let values = try Self.codes.withStore { try $0.matrix(Self.name).decoded }
        let expected: [Float] = [
            -1, 0, 1, 2, 0, 0, 0, 0, 8, 0, 0, 0,
            2.5, 3, 3.5, 4, 4.5, 5, 44, 48, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ]
        #expect(values == expected)
        #expect(try Self.factors.withStore { try $0.matrix(Self.name).decoded } == [1, 2, 8, 3, 4, 18])
    }

    @Test func shapesThatContradictEachOther() throws {
        let codes = Self.codes
        #expect(
            try error(codes.replacing("weight_mask", .uint8, [3, 3])) == wrongShape("weight_mask", [3, 3], "[3, 2]"))
        #expect(
            try error(codes.replacing("weight_packed", .int32, [3])) == wrongShape("weight_packed", [3], "[2]"))
        #expect(
            try error(codes.replacing("weight_scale", .float32, [3, 5]))
                == wrongShape("weight_scale", [3, 5], "[3, groups] with groups that divide 12 columns"))
        #expect(
            try error(codes.replacing("weight_zero_point", .int32, [2]))
                == wrongShape("weight_zero_point", [2], "[1]"))
        #expect(
            try error(codes.replacing("weight_shape", .int64, [2]))
                == wrongShape("weight_shape", [0, 0], "two sizes from 1 to 2147483647 whose product is below 2^48"))
        var huge = codes.replacing("weight_shape").replacing("weight_mask")
        huge.add("weight_shape", .int64, [2], [2_147_483_647, 2_147_483_647] as [Int64])
        #expect(
            try error(huge)
                == wrongShape(
                    "weight_shape", [2_147_483_647, 2_147_483_647],
                    "two sizes from 1 to 2147483647 whose product is below 2^48"))
        // A mask that keeps nothing.
        #expect(try error(codes.replacing("weight_mask", .uint8, [3, 2])) == wrongShape("weight_packed", [2], "[0]"))
        var turned = Self.factors.replacing("weight_left_shape")
        turned.add("weight_left_shape", .int64, [2], [4, 1] as [Int64])
        #expect(
            try error(turned)
                == wrongShape("weight_left", [4, 1], "[4, 2] for the rank of '\(Self.name).weight_right'"))
    }

    @Test func missingAndMistypedTensors() throws {
        for (module, piece) in [
            (Self.codes, "weight_packed"), (Self.codes, "weight_scale"), (Self.codes, "weight_zero_point"),
            (Self.factors, "weight_left_values"), (Self.factors, "weight_right_values"),
        ] {
            guard case .missingTensor? = try error(module.replacing(piece)) else {
                Issue.record("no error for '\(piece)'")
                continue
            }
        }
        #expect(
            try error(Self.codes.replacing("weight_mask", .int8, [3, 2]))
                == .wrongType(tensor: "\(Self.name).weight_mask", found: "I8", expected: "U8"))
        #expect(
            try error(Self.factors.replacing("weight_left_values", .int32, [4]))
                == .wrongType(tensor: "\(Self.name).weight_left_values", found: "I32", expected: "F16, BF16 or F32"))
    }

    @Test func configurationsThatAreNotKnown() throws {
        var module = Self.codes
        module.quantization = #"{"quant_method": "qid", "format": "dense"}"#
        guard case .invalidConfiguration(_, "quantization_config.format", "\"dense\"", _)? = try error(module) else {
            Issue.record("no error for the format")
            return
        }
        module.quantization = #"{"quant_method": "qid", "format": "sparse", "bits": 9}"#
        guard case .invalidConfiguration(_, "quantization_config.bits", "9", _)? = try error(module) else {
            Issue.record("no error for the bits")
            return
        }
    }

    /// Sizes, types and bytes that are changed at random are read or refused, and never trap.
    @Test(arguments: [1, 2, 3] as [UInt32]) func mutationsAreReadOrRefused(_ seed: UInt32) throws {
        var random = Congruential(seed: seed)
        for base in [Self.codes, Self.factors] {
            for _ in 0..<40 {
                var module = base
                let index = Int(random.half()) % module.pieces.count
                let byte = Int(random.half()) % module.pieces[index].bytes.count
                module.pieces[index].bytes[byte] ^= UInt8(truncatingIfNeeded: random.half())
                do {
                    _ = try module.withStore { try $0.matrix(Self.name).decoded.count }
                } catch is CompressionError {}
            }
        }
    }
}
