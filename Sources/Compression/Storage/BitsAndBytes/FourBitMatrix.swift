import Checkpoint
import Kernels

/// bitsandbytes' 4-bit weight: w = map[code]·absmax[block] in float32, rounded to the type that the weight had.
///
/// Blocks are of consecutive weights, row after row, and may reach over the end of one. A nested absmax is
/// map'[code']·absmax'[block'] + offset, in float32.
struct FourBitMatrix: WeightMatrix {
    private let state: BitsAndBytesState
    private let codes: TensorBytes
    private let values: SIMD16<Float>
    private let factors: Factors

    private enum Factors: Sendable {
        case plain(TensorBytes)
        case nested(codes: TensorBytes, values: [Float], factors: TensorBytes, BitsAndBytesState.Nested)
    }

    var rows: Int { state.rows }
    var columns: Int { state.columns }

    init(_ module: ModuleTensors, _ weight: Tensor, _ state: BitsAndBytesState) throws(CompressionError) {
        self.state = state
        let count = state.rows * state.columns
        guard weight.byteCount == (count + 1) / 2 else {
            throw .wrongShape(
                tensor: weight.info.name, found: weight.info.shape,
                expected: "of \((count + 1) / 2) bytes for \(state.rows) x \(state.columns) codes of 4 bits")
        }
        codes = TensorBytes(weight)
        values = SIMD16(try Self.floats(module.tensor("weight.quant_map", type: .float32, count: 16)))
        let blocks = (count - 1) / state.blockLength + 1
        let absmax = try module.tensor(
            "weight.absmax", type: state.nested == nil ? .float32 : .uint8, count: blocks)
        guard let nested = state.nested else {
            factors = .plain(TensorBytes(absmax))
            return
        }
        let map = try module.tensor("weight.nested_quant_map", type: .float32, count: 256)
        let outer = try module.tensor(
            "weight.nested_absmax", type: .float32, count: (blocks - 1) / nested.blockLength + 1)
        factors = .nested(
            codes: TensorBytes(absmax), values: Self.floats(map), factors: TensorBytes(outer), nested)
    }

    /// Takes what a compressor made.
    init(_ state: BitsAndBytesState, codes: StoredBytes, values: [Float], absmax: StoredBytes) {
        (self.state, self.values) = (state, SIMD16(values))
        (self.codes, factors) = (TensorBytes(codes), .plain(TensorBytes(absmax)))
    }

    private static func floats(_ tensor: Tensor) -> [Float] {
        let bytes = TensorBytes(tensor)
        return (0..<bytes.count / 4).map { bytes.number(Float.self, at: 4 * $0) }
    }

    func decode(row: Int, columns range: Range<Int>, into destination: inout MutableSpan<Float>) {
        let first = row * columns + range.lowerBound
        codes.withSpan { codes in
            var index = 0
            while index < destination.count {
                let block = (first + index) / state.blockLength
                let end = min((block + 1) * state.blockLength - first, destination.count)
                let table = state.type.rounded(values * SIMD16(repeating: factor(block)))
                while index < end {
                    let byte = codes.number(UInt8.self, at: (first + index) / 2)
                    destination[index] = table[Int((first + index).isMultiple(of: 2) ? byte >> 4 : byte & 15)]
                    index += 1
                }
            }
        }
    }

    @inline(__always)
    private func factor(_ block: Int) -> Float {
        switch factors {
        case .plain(let absmax): absmax.number(Float.self, at: 4 * block)
        case .nested(let codes, let values, let outer, let nested):
            values[Int(codes.number(UInt8.self, at: block))]
                * outer.number(Float.self, at: 4 * (block / nested.blockLength)) + nested.offset
        }
    }
}
