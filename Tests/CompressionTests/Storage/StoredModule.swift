import Checkpoint
import Compression
import FoundationEssentials
import TestSupport

/// A checkpoint of one module whose tensors are given as bytes, in whatever layout.
struct StoredModule {
    static let name = "model.layers.0.mlp.up_proj"

    var quantization: String
    var pieces: [(piece: String, type: ElementType, shape: [Int], bytes: [UInt8])] = []

    mutating func add<Element: BitwiseCopyable>(
        _ piece: String, _ type: ElementType, _ shape: [Int], _ values: [Element]
    ) {
        pieces.append((piece, type, shape, values.withUnsafeBytes { Array($0) }))
    }

    /// The same without a piece, or with it in another type and shape.
    func replacing(_ piece: String, _ type: ElementType? = nil, _ shape: [Int] = []) -> StoredModule {
        var changed = self
        changed.pieces.removeAll { $0.piece == piece }
        if let type {
            let count = shape.reduce(1, *) * type.bitCount / 8
            changed.pieces.append((piece, type, shape, [UInt8](repeating: 0, count: count)))
        }
        return changed
    }

    func write(to directory: URL) throws {
        let config = #"{"model_type": "llama", "quantization_config": "# + quantization + "}"
        try Data(config.utf8).write(to: directory.appending(path: "config.json"))
        var writer = try SafetensorsWriter(
            creating: directory.appending(path: "model.safetensors"),
            tensors: pieces.map { .init("\(Self.name).\($0.piece)", $0.type, $0.shape) })
        for piece in pieces { try writer.write("\(Self.name).\(piece.piece)", piece.bytes) }
        try writer.finish()
    }

    /// Lends the checkpoint's weights; the files are gone afterwards.
    func withStore<Result>(_ body: (WeightStore) throws -> Result) throws -> Result {
        let directory = try ScratchDirectory()
        try write(to: directory.url)
        return try body(WeightStore(Checkpoint(directory: directory.url)))
    }

    /// The weight's values, row after row, as hashed by the golden values' makers, and the first three.
    func decoded() throws -> (hash: UInt64, first: [Float]) {
        try withStore { store in
            let values = try store.matrix(Self.name).decoded
            return (fingerprint([values.withUnsafeBytes { Array($0) }]), Array(values.prefix(3)))
        }
    }
}

extension Congruential {
    mutating func words(_ count: Int) -> [UInt32] {
        (0..<count).map { _ in
            let high = half()
            return high << 16 | half()
        }
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: half()) } }
    /// Bits of float16 from 2⁻⁷ to a half.
    mutating func float16Bits(_ count: Int) -> [UInt16] { (0..<count).map { _ in UInt16(0x2000 + half() & 0xfff) } }
    mutating func bfloat16Bits(_ count: Int) -> [UInt16] { (0..<count).map { _ in UInt16(0x3c00 + half() & 0xff) } }
    mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in Float(half()) / 65_536 + 0.25 } }
}

extension StoredModule {
    /// Random codes of 64 inputs and 32 outputs in groups of 16, as GPTQ's tools store them; zero points of format
    /// `gptq` stay below their largest value, which the tools do not agree on.
    static func gptq(bits: Int, lessOne: Bool) -> StoredModule {
        var random = Congruential(seed: UInt32(bits * 10 + (lessOne ? 1 : 0)))
        var module = StoredModule(
            quantization: """
                {"quant_method": "gptq", "bits": \(bits), "group_size": 16, "desc_act": \(!lessOne), "sym": false,
                 "checkpoint_format": "\(lessOne ? "gptq" : "gptq_v2")"}
                """)
        module.add("qweight", .int32, [2 * bits, 32], random.words(64 * bits))
        var zeros = random.words(4 * bits)
        for index in zeros.indices where lessOne {
            let firstBit: Int = (index % bits) * 32
            for bit in 0..<32 where (firstBit + bit) % bits == bits - 1 { zeros[index] &= ~(UInt32(1) << UInt32(bit)) }
        }
        module.add("qzeros", .int32, [4, bits], zeros)
        module.add("scales", .float16, [4, 32], random.float16Bits(4 * 32))
        let groups: [Int32] = (0..<64).map { (input: Int32) -> Int32 in lessOne ? input / 16 : input * 7 % 64 / 16 }
        module.add("g_idx", .int32, [64], groups)
        return module
    }

    /// 64 inputs and 32 outputs in groups of 32.
    static var awq: StoredModule {
        var random = Congruential(seed: 7)
        var module = StoredModule(
            quantization:
                #"{"quant_method": "awq", "bits": 4, "group_size": 32, "zero_point": true, "version": "gemm"}"#)
        module.add("qweight", .int32, [64, 4], random.words(64 * 4))
        module.add("qzeros", .int32, [2, 4], random.words(2 * 4))
        module.add("scales", .float16, [2, 32], random.float16Bits(2 * 32))
        return module
    }

    static let maps: [String: [Float]] = [
        "nf4": [
            -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
            -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
            0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
        ],
        "fp4": [
            0.0, 0.0052083334885537624, 0.6666666865348816, 1.0, 0.3333333432674408, 0.5, 0.1666666716337204, 0.25,
            0.0, -0.0052083334885537624, -0.6666666865348816, -1.0, -0.3333333432674408, -0.5, -0.1666666716337204,
            -0.25,
        ],
    ]

    /// 6 × 128 codes of 4 bits in blocks of 64, and the blocks' factors as they are or nested.
    static func fourBits(_ kind: String, type: String, nested: Bool) -> StoredModule {
        var random = Congruential(seed: 11)
        var module = StoredModule(quantization: #"{"quant_method": "bitsandbytes", "load_in_4bit": true}"#)
        module.add("weight", .uint8, [384, 1], random.bytes(384))
        var state = #""quant_type": "\#(kind)", "blocksize": 64, "dtype": "\#(type)", "shape": [6, 128]"#
        if nested {
            module.add("weight.absmax", .uint8, [12], random.bytes(12))
            module.add("weight.nested_quant_map", .float32, [256], random.floats(256))
            module.add("weight.nested_absmax", .float32, [1], random.floats(1))
            state += #", "nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": 0.4371"#
        } else {
            module.add("weight.absmax", .float32, [12], random.floats(12))
        }
        module.add("weight.quant_map", .float32, [16], maps[kind] ?? [])
        let text = Array("{\(state)}".utf8)
        module.add("weight.quant_state.bitsandbytes__\(kind)", .uint8, [text.count], text)
        return module
    }

    static var eightBits: StoredModule {
        var random = Congruential(seed: 13)
        var module = StoredModule(quantization: #"{"quant_method": "bitsandbytes", "load_in_8bit": true}"#)
        module.add("weight", .int8, [5, 24], random.bytes(5 * 24))
        module.add("SCB", .float32, [5], random.floats(5))
        module.add("weight_format", .uint8, [], [UInt8(0)])
        return module
    }

    private static func compressedTensors(_ format: String, _ weights: String) -> StoredModule {
        StoredModule(
            quantization: """
                {"quant_method": "compressed-tensors", "format": "\(format)", "config_groups":
                 {"group_0": {"targets": ["Linear"], "weights": {"num_bits": 8, \(weights)}}}}
                """)
    }

    static var integers: StoredModule {
        var random = Congruential(seed: 17)
        var module = compressedTensors("int-quantized", #""type": "int", "symmetric": false, "strategy": "group""#)
        module.add("weight", .int8, [4, 24], random.bytes(4 * 24))
        module.add("weight_scale", .bfloat16, [4, 3], random.bfloat16Bits(12))
        module.add("weight_zero_point", .int8, [4, 3], random.bytes(12))
        return module
    }

    static var floats: StoredModule {
        var random = Congruential(seed: 19)
        var module = compressedTensors("float-quantized", #""type": "float", "symmetric": true, "strategy": "channel""#)
        module.add("weight", .float8E4M3, [4, 24], random.bytes(4 * 24).map { $0 & 0xf7 })
        module.add("weight_scale", .bfloat16, [4, 1], random.bfloat16Bits(4))
        return module
    }
}
