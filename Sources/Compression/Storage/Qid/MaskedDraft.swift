import Checkpoint
import Kernels

/// A matrix on its way into the layout of `MaskedGeometry`: workers fill its rows, then `finish` packs them.
///
/// `@unchecked Sendable` because workers write different rows, and nobody reads before all are there.
final class MaskedDraft: @unchecked Sendable {
    let geometry: MaskedGeometry
    /// One byte a weight, rows × columns: 1 where it is kept.
    let kept: UnsafeMutablePointer<UInt8>
    /// Values as they are to be stored, rows × columns, before they are rounded to their type.
    let values: UnsafeMutablePointer<Float>
    /// Or else their codes.
    let codes: UnsafeMutablePointer<UInt8>
    /// rows × groups.
    let scales: UnsafeMutablePointer<Float>
    let zeros: UnsafeMutablePointer<UInt8>

    init(_ geometry: MaskedGeometry) {
        self.geometry = geometry
        let count = max(1, geometry.rows * geometry.columns)
        kept = .allocate(capacity: count)
        kept.initialize(repeating: 1, count: count)
        let isCoded = geometry.groups > 0
        values = .allocate(capacity: isCoded ? 1 : count)
        codes = .allocate(capacity: isCoded ? count : 1)
        scales = .allocate(capacity: max(1, geometry.rows * geometry.groups))
        zeros = .allocate(capacity: max(1, geometry.rows * geometry.groups))
    }

    deinit {
        kept.deallocate()
        values.deallocate()
        codes.deallocate()
        scales.deallocate()
        zeros.deallocate()
    }

    /// The stored tensors, once every row is filled.
    ///
    /// `tensor` is the weight's name, for a value that its type cannot hold.
    func finish(_ tensor: String) throws(CompressionError) -> CompressedWeight {
        let parts = try pack(tensor)
        let storages = [parts.mask, parts.stored, parts.scales, parts.zeros, parts.shape].compactMap(\.self)
        return CompressedWeight(
            tensors: zip(geometry.layout, storages).map { StoredTensor(layout: $0, storage: $1) },
            matrix: parts.matrix)
    }

    /// The tensors in the order of the layout, and the matrix that reads them.
    struct Packed {
        let mask: StoredBytes?
        let stored: StoredBytes
        let scales: StoredBytes?
        let zeros: StoredBytes?
        let shape: StoredBytes
        let matrix: MaskedMatrix
    }

    func pack(_ tensor: String) throws(CompressionError) -> Packed {
        let starts = self.starts()
        precondition(starts[geometry.rows] == geometry.storedCount, "a mask keeps what its layout says")
        let mask = geometry.kept.map { _ in packedMask() }
        let (stored, scales, zeros): (StoredBytes, StoredBytes?, StoredBytes?)
        switch geometry.coding {
        case .values(let type): (stored, scales, zeros) = (try packedValues(tensor, type, starts), nil, nil)
        case .codes(let bits, let symmetric, _, let scaleType):
            stored = packedCodes(bits, starts)
            let count = geometry.rows * geometry.groups
            let encoded = StoredBytes(byteCount: count * scaleType.byteCount)
            scaleType.encode(self.scales, count: count, into: encoded.base)
            scales = encoded
            zeros = symmetric ? nil : Self.stream(self.zeros, count: count, bits: bits)
        }
        let shape = StoredBytes(byteCount: 16)
        shape.base.storeBytes(of: Int64(geometry.rows), as: Int64.self)
        shape.base.storeBytes(of: Int64(geometry.columns), toByteOffset: 8, as: Int64.self)
        let matrix = MaskedMatrix(
            geometry, mask: mask.map { .init($0) }, stored: .init(stored), scales: scales.map { .init($0) },
            zeros: zeros.map { .init($0) })
        guard let matrix else { preconditionFailure("a mask keeps what its layout says") }
        return Packed(mask: mask, stored: stored, scales: scales, zeros: zeros, shape: shape, matrix: matrix)
    }

    private func starts() -> [Int] {
        var (starts, sum) = ([0], 0)
        for row in 0..<geometry.rows {
            let flags = UnsafeBufferPointer(start: kept + row * geometry.columns, count: geometry.columns)
            sum += flags.reduce(0) { $0 + Int($1) }
            starts.append(sum)
        }
        return starts
    }

    private func packedMask() -> StoredBytes {
        let (perRow, columns) = (geometry.maskBytesPerRow, geometry.columns)
        let result = StoredBytes(byteCount: geometry.rows * perRow)
        let bytes = result.base.assumingMemoryBound(to: UInt8.self)
        for row in 0..<geometry.rows {
            for column in 0..<columns {
                bytes[row * perRow + column / 8] |= kept[row * columns + column] << UInt8(column % 8)
            }
        }
        return result
    }

    private func packedValues(
        _ tensor: String, _ type: ScaleType, _ starts: [Int]
    ) throws(CompressionError) -> StoredBytes {
        let result = StoredBytes(byteCount: geometry.storedCount * type.byteCount, zeroed: false)
        let columns = geometry.columns
        _ = try Parallel.map(geometry.rows) { [self] (row) throws(CompressionError) in
            var index = starts[row]
            for column in 0..<columns where kept[row * columns + column] == 1 {
                let value = type.roundedSigned(values[row * columns + column])
                guard value.isFinite else {
                    throw .valueOutOfRange(tensor: tensor, row: row, column: column, type: type.rawValue)
                }
                type.encodeSigned(value, into: result.base, index)
                index += 1
            }
        }
        return result
    }

    private func packedCodes(_ bits: Int, _ starts: [Int]) -> StoredBytes {
        let columns = geometry.columns
        guard geometry.kept != nil else { return Self.stream(codes, count: geometry.storedCount, bits: bits) }
        let gathered = StoredBytes(byteCount: geometry.storedCount + 8)
        Parallel.forEach(geometry.rows) { [self] row in
            let target = gathered.base.assumingMemoryBound(to: UInt8.self)
            var index = starts[row]
            for column in 0..<columns where kept[row * columns + column] == 1 {
                target[index] = codes[row * columns + column]
                index += 1
            }
        }
        return Self.stream(
            gathered.base.assumingMemoryBound(to: UInt8.self), count: geometry.storedCount, bits: bits)
    }

    private static func stream(_ codes: UnsafePointer<UInt8>, count: Int, bits: Int) -> StoredBytes {
        let byteCount = 4 * BitStream.wordCount(codes: count, bits: bits)
        let padded = StoredBytes(byteCount: byteCount + 16)
        BitStream.pack(codes, count: count, bits: bits, into: padded.base)
        let result = StoredBytes(byteCount: byteCount)
        result.base.copyMemory(from: padded.base, byteCount: byteCount)
        return result
    }
}

extension ScaleType {
    /// Stores a value of either sign that `roundedSigned` has made.
    @inline(__always)
    func encodeSigned(_ value: Float, into destination: UnsafeMutableRawPointer, _ index: Int) {
        var magnitude = value.magnitude
        encode(&magnitude, count: 1, into: destination + index * byteCount)
        guard value.sign == .minus else { return }
        let last = (index + 1) * byteCount - 1
        let byte = destination.load(fromByteOffset: last, as: UInt8.self)
        destination.storeBytes(of: byte | 0x80, toByteOffset: last, as: UInt8.self)
    }
}
