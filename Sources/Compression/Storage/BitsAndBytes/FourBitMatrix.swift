import Checkpoint
import Kernels

/// bitsandbytes' 4-bit weight: w = map[code]·absmax[block] in float32, rounded to the type that the weight had.
///
/// Blocks are of consecutive weights, row after row, and may reach over the end of one. A nested absmax is
/// map'[code']·absmax'[block'] + offset, in float32.
///
/// `@unchecked Sendable` because the bytes are only read, and the owners keep them alive.
struct FourBitMatrix: WeightMatrix, @unchecked Sendable {
    private let state: BitsAndBytesState
    private let codes: UnsafeRawPointer
    private let values: [Float]
    private let factors: Factors
    private let owners: [any AnyObject & Sendable]

    private enum Factors {
        case plain(UnsafeRawPointer)
        case nested(codes: UnsafeRawPointer, values: [Float], factors: UnsafeRawPointer, BitsAndBytesState.Nested)
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
        codes = weight.baseAddress
        values = try Self.floats(module.tensor("weight.quant_map", type: .float32, count: 16))
        let blocks = (count - 1) / state.blockLength + 1
        let absmax = try module.tensor(
            "weight.absmax", type: state.nested == nil ? .float32 : .uint8, count: blocks)
        guard let nested = state.nested else {
            factors = .plain(absmax.baseAddress)
            owners = [weight.mapping, absmax.mapping]
            return
        }
        let map = try module.tensor("weight.nested_quant_map", type: .float32, count: 256)
        let outer = try module.tensor(
            "weight.nested_absmax", type: .float32, count: (blocks - 1) / nested.blockLength + 1)
        factors = .nested(
            codes: absmax.baseAddress, values: Self.floats(map), factors: outer.baseAddress, nested)
        owners = [weight.mapping, absmax.mapping, outer.mapping]
    }

    /// Takes what a compressor made.
    init(_ state: BitsAndBytesState, codes: StoredBytes, values: [Float], absmax: StoredBytes) {
        (self.state, self.values, owners) = (state, values, [codes, absmax])
        self.codes = UnsafeRawPointer(codes.base)
        factors = .plain(UnsafeRawPointer(absmax.base))
    }

    private static func floats(_ tensor: Tensor) -> [Float] {
        tensor.withBytes { bytes in
            (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
    }

    func decode(row: Int, columns range: Range<Int>, into destination: UnsafeMutablePointer<Float>) {
        var index = row * columns + range.lowerBound
        let end = row * columns + range.upperBound
        var target = destination
        while index < end {
            let block = index / state.blockLength
            let blockEnd = min((block + 1) * state.blockLength, end)
            let table = table(block)
            while index < blockEnd {
                let byte = codes.load(fromByteOffset: index / 2, as: UInt8.self)
                target.pointee = table[Int(index.isMultiple(of: 2) ? byte >> 4 : byte & 15)]
                target += 1
                index += 1
            }
        }
    }

    /// The sixteen weights that a block can have.
    @inline(__always)
    private func table(_ block: Int) -> SIMD16<Float> {
        let factor = factor(block)
        return values.withUnsafeBytes { bytes in
            state.type.rounded(bytes.loadUnaligned(as: SIMD16<Float>.self) * SIMD16(repeating: factor))
        }
    }

    @inline(__always)
    private func factor(_ block: Int) -> Float {
        switch factors {
        case .plain(let absmax): absmax.loadUnaligned(fromByteOffset: 4 * block, as: Float.self)
        case .nested(let codes, let values, let outer, let nested):
            values[Int(codes.load(fromByteOffset: block, as: UInt8.self))]
                * outer.loadUnaligned(fromByteOffset: 4 * (block / nested.blockLength), as: Float.self)
                + nested.offset
        }
    }
}
