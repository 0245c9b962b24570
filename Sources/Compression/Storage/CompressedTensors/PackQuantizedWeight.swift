/// A weight being put into the `pack-quantized` layout row by row.
///
/// `@unchecked Sendable` because workers store different rows, which touch disjoint memory.
final class PackQuantizedWeight: @unchecked Sendable {
    let geometry: PackQuantizedGeometry
    let scaleType: ScaleType
    private let packed: StoredBytes
    private let scales: StoredBytes
    /// One byte for each zero point, until all rows are there and they can be packed downwards.
    private let zeros: StoredBytes?

    private let groupIndex: StoredBytes?

    /// `columnOrder` is the order in which columns fall into groups, where groups are scattered.
    init(_ geometry: PackQuantizedGeometry, scaleType: ScaleType, columnOrder: [Int] = []) {
        self.geometry = geometry
        self.scaleType = scaleType
        packed = StoredBytes(byteCount: geometry.rows * geometry.wordsPerRow * 4, zeroed: false)
        scales = StoredBytes(byteCount: geometry.rows * geometry.groups * scaleType.byteCount, zeroed: false)
        zeros = geometry.symmetric ? nil : StoredBytes(byteCount: geometry.rows * geometry.groups)
        groupIndex = geometry.scattered ? Self.groupIndex(geometry, columnOrder) : nil
    }

    private static func groupIndex(_ geometry: PackQuantizedGeometry, _ columnOrder: [Int]) -> StoredBytes {
        precondition(columnOrder.count == geometry.columns)
        let result = StoredBytes(byteCount: geometry.columns * 4)
        for (position, column) in columnOrder.enumerated() {
            let group = Int32(truncatingIfNeeded: position / geometry.groupLength)
            result.base.storeBytes(of: group, toByteOffset: 4 * column, as: Int32.self)
        }
        return result
    }

    /// Stores a row's codes, one a byte, with its groups' scales and zero points.
    func store(
        row: Int, codes: UnsafePointer<UInt8>, scales rowScales: UnsafePointer<Float>,
        zeros rowZeros: UnsafePointer<UInt8>
    ) {
        withUnsafeTemporaryAllocation(byteCount: geometry.wordsPerRow * 4 + 16, alignment: 8) { stream in
            // Sound because the stream has bytes; packing writes up to eight beyond the last code.
            let base = stream.baseAddress.unsafelyUnwrapped
            BitStream.pack(codes, count: geometry.columns, bits: geometry.bits, into: base)
            store(row: row, stream: base, scales: rowScales, zeros: rowZeros)
        }
    }

    /// Stores a row's codes, packed already, with its groups' scales and zero points.
    ///
    /// The stream has room for whole words; what lies in the last one beyond the codes is set to zero.
    func store(
        row: Int, stream: UnsafeMutableRawPointer, scales rowScales: UnsafePointer<Float>,
        zeros rowZeros: UnsafePointer<UInt8>
    ) {
        let (used, byteCount) = ((geometry.columns * geometry.bits + 7) / 8, geometry.wordsPerRow * 4)
        for byte in used..<byteCount { stream.storeBytes(of: 0, toByteOffset: byte, as: UInt8.self) }
        (packed.base + row * byteCount).copyMemory(from: stream, byteCount: byteCount)
        let groups = geometry.groups
        scaleType.encode(rowScales, count: groups, into: scales.base + row * groups * scaleType.byteCount)
        if let zeros { (zeros.base + row * groups).copyMemory(from: rowZeros, byteCount: groups) }
    }

    /// Where groups are stored that are found side by side.
    var groups: GroupTarget {
        GroupTarget(
            geometry: geometry, scaleType: scaleType, codes: packed.base, scales: scales.base, zeros: zeros?.base)
    }

    /// The stored tensors, once every row is stored.
    func finish() -> CompressedWeight {
        let layout = geometry.layout(scaleType: scaleType)
        let shape = StoredBytes(byteCount: 16)
        shape.base.storeBytes(of: Int64(geometry.rows), as: Int64.self)
        shape.base.storeBytes(of: Int64(geometry.columns), toByteOffset: 8, as: Int64.self)
        let packedZeros = zeros.map { packed(zeros: $0) }
        let storages = [packed, scales, packedZeros, shape, groupIndex].compactMap(\.self)
        return CompressedWeight(
            tensors: zip(layout, storages).map { StoredTensor(layout: $0, storage: $1) },
            matrix: PackQuantizedMatrix(
                geometry, packed: packed, scales: scales, scaleType: scaleType, zeros: packedZeros,
                groupIndex: groupIndex))
    }

    private func packed(zeros: StoredBytes) -> StoredBytes {
        let (groups, bits) = (geometry.groups, geometry.bits)
        let result = StoredBytes(byteCount: geometry.zeroWordRows * groups * 4)
        let words = result.base.assumingMemoryBound(to: UInt32.self)
        let codes = zeros.base.assumingMemoryBound(to: UInt8.self)
        for row in 0..<geometry.rows {
            let (word, shift) = (row * bits / 32, UInt64(row * bits % 32))
            for group in 0..<groups {
                let value = UInt64(codes[row * groups + group]) << shift
                words[word * groups + group] |= UInt32(truncatingIfNeeded: value)
                if shift + UInt64(bits) > 32 {
                    words[(word + 1) * groups + group] |= UInt32(truncatingIfNeeded: value >> 32)
                }
            }
        }
        return result
    }
}
