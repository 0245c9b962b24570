import Checkpoint
import JSON
import Kernels

/// How bitsandbytes stores a linear weight in 4 or in 8 bits, which shows in the tensors beside it.
///
/// | tensor | type | elements |
/// |---|---|---|
/// | `weight` | any (U8 by default) | ⌈n/2⌉ bytes, n = outputs × inputs: codes of 4 bits, the first in the high half |
/// | `weight.quant_map` | F32 | 16 values of the codes |
/// | `weight.absmax` | F32 | ⌈n/block⌉ factors |
/// | `weight.absmax`, `weight.nested_quant_map`, `weight.nested_absmax` | U8, F32, F32 | nested: codes of the factors,
/// their 256 values, and factors of those | | `weight.quant_state.bitsandbytes__nf4` or `…fp4` | U8 | JSON: `shape`,
/// `blocksize`, `dtype`, `nested_blocksize`, `nested_offset` |
///
/// In 8 bits: `weight`, I8, outputs × inputs, and `SCB`, F32, the largest magnitude of each output, for 127.
struct BitsAndBytesLayout: StorageLayout {
    static let method = "bitsandbytes"

    init(_ object: JSONObject, _ reading: ConfigurationReading) {}

    var scheme: String { "bitsandbytes" }

    func holds(_ module: ModuleTensors) -> Bool {
        FourBitTable.all.contains { module[BitsAndBytesState.piece($0)] != nil }
            || module["weight"]?.info.type == .int8
    }

    func matrix(_ module: ModuleTensors) throws(CompressionError) -> any WeightMatrix {
        for table in FourBitTable.all {
            guard let state = module[BitsAndBytesState.piece(table)] else { continue }
            let weight = try module.tensor("weight")
            return try FourBitMatrix(module, weight, BitsAndBytesState(state, kind: table.name))
        }
        return try Self.eightBits(module, module.tensor("weight", type: .int8))
    }

    /// LLM.int8()'s weight, c·SCB·(1/127) in float32.
    ///
    /// That it rounds the inputs of its products as well, all but
    /// outlying ones, is no property of the stored weight: here the inputs stay as they are.
    private static func eightBits(
        _ module: ModuleTensors, _ weight: Tensor
    ) throws(CompressionError) -> any WeightMatrix {
        guard weight.info.shape.count == 2 else {
            throw .wrongShape(tensor: weight.info.name, found: weight.info.shape, expected: "of two dimensions")
        }
        if let format = module["weight_format"], format.withBytes({ $0.contains { $0 != 0 } }) {
            let found = format.withBytes { $0.first.map(String.init) ?? "" }
            throw .wrongType(tensor: format.info.name, found: found, expected: "0, rows one after the other")
        }
        let scales = try module.tensor("SCB", type: .float32, count: weight.info.shape[0])
        return ScaledElementMatrix(
            weight, element: .int8, scales: scales, scaleType: .float32, factor: 7.874015718698502e-3,
            scaleLayout: .init(rowLength: 1, columnLength: max(1, weight.info.shape[1]), perRow: 1), zeros: nil)
    }
}

/// What `weight.quant_state.…` says.
struct BitsAndBytesState: Equatable, Sendable {
    let rows: Int
    let columns: Int
    let blockLength: Int
    let type: ScaleType
    /// How the factors themselves are stored, if they are nested.
    let nested: Nested?

    struct Nested: Equatable, Sendable {
        let blockLength: Int
        let offset: Float
    }

    init(rows: Int, columns: Int, blockLength: Int, type: ScaleType) {
        (self.rows, self.columns, self.blockLength, self.type, nested) = (rows, columns, blockLength, type, nil)
    }

    /// The name of the tensor that holds it.
    static func piece(_ table: FourBitTable) -> String { "weight.quant_state.bitsandbytes__\(table.name)" }

    /// The bytes of that tensor, as bitsandbytes writes them.
    func text(_ table: FourBitTable) -> [UInt8] {
        let type = #""quant_type": "\#(table.name)", "blocksize": \#(blockLength), "dtype": "\#(type.rawValue)""#
        return Array("{\(type), \"shape\": [\(rows), \(columns)]}".utf8)
    }

    init(_ tensor: Tensor, kind: String) throws(CompressionError) {
        let name = tensor.info.name
        func wrong(_ key: String, _ value: JSONValue?, _ expected: String) -> CompressionError {
            .invalidConfiguration(
                checkpoint: name, key: key, found: value?.canonicalText ?? "missing", expected: expected)
        }
        guard let object = tensor.withBytes({ try? JSONValue(parsing: Array($0)) })?.object else {
            throw .wrongType(tensor: name, found: "no JSON object", expected: "one with shape, blocksize and dtype")
        }
        guard object["quant_type"]?.string == kind else {
            throw wrong("quant_type", object["quant_type"], "'\(kind)' as in the tensor's name")
        }
        let sizes = object["shape"]?.array?.compactMap(\.int) ?? []
        guard sizes.count == 2, sizes.allSatisfy({ (1...Int(Int32.max)).contains($0) }) else {
            throw wrong("shape", object["shape"], "two sizes from 1 to 2147483647")
        }
        (rows, columns) = (sizes[0], sizes[1])
        func length(_ key: String) throws(CompressionError) -> Int {
            guard let length = object[key]?.int, (1...1 << 20).contains(length) else {
                throw wrong(key, object[key], "from 1 to 1048576")
            }
            return length
        }
        blockLength = try length("blocksize")
        guard let type = (object["dtype"]?.string).flatMap(ScaleType.init(rawValue:)) else {
            throw wrong("dtype", object["dtype"], "'float16', 'bfloat16' or 'float32'")
        }
        self.type = type
        guard let nestedLength = object["nested_blocksize"], nestedLength != .null else {
            nested = nil
            return
        }
        guard let offset = object["nested_offset"]?.double else {
            throw wrong("nested_offset", object["nested_offset"], "a number")
        }
        nested = Nested(blockLength: try length("nested_blocksize"), offset: Float(offset))
    }
}
