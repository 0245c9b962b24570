import Kernels

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
            result.store(group, at: 4 * column)
        }
        return result
    }

    /// How its grids are made.
    var form: GridForm { GridForm(bits: geometry.bits, symmetric: geometry.symmetric, scaleType: scaleType) }

    /// Stores a row's codes, one a byte, with its groups' scales and zero points.
    func store(row: Int, codes: Span<UInt8>, scales: Span<Float>, zeros: Span<UInt8>) {
        precondition(codes.count == geometry.columns, "a row has all of its codes")
        withScratch(geometry.wordsPerRow * 4 + 16, of: UInt8(0)) { stream in
            var bytes = stream.mutableBytes
            BitStream.pack(codes, bits: geometry.bits, into: &bytes)
            store(row: row, stream: stream.span, scales: scales, zeros: zeros)
        }
    }

    /// Stores a row's codes, packed already, with its groups' scales and zero points.
    ///
    /// What lies in the last word beyond the codes becomes zero.
    func store(row: Int, stream: Span<UInt8>, scales rowScales: Span<Float>, zeros rowZeros: Span<UInt8>) {
        let (used, byteCount) = ((geometry.columns * geometry.bits + 7) / 8, geometry.wordsPerRow * 4)
        packed.store(stream.extracting(0..<used), at: row * byteCount)
        for byte in used..<byteCount { packed.store(UInt8(0), at: row * byteCount + byte) }
        let (groups, size) = (geometry.groups, geometry.groups * scaleType.byteCount)
        scales.withBytes(row * size..<(row + 1) * size) {
            scaleType.encode(rowScales.extracting(0..<groups), into: &$0)
        }
        zeros?.store(rowZeros.extracting(0..<groups), at: row * groups)
    }

    /// Where groups are stored that are found side by side.
    var groups: GroupTarget {
        GroupTarget(
            form, groupLength: geometry.groupLength, groupCount: geometry.rows * geometry.groups, codes: packed.bytes,
            scales: scales.bytes, zeros: zeros?.bytes)
    }

    /// The stored tensors, once every row is stored.
    func finish() -> CompressedWeight {
        let layout = geometry.layout(scaleType: scaleType)
        let shape = StoredBytes.shape(rows: geometry.rows, columns: geometry.columns)
        let packedZeros = zeros.map { packed(zeros: $0) }
        let storages = [packed, scales, packedZeros, shape, groupIndex].compactMap(\.self)
        return CompressedWeight(
            tensors: zip(layout, storages).map { StoredTensor(layout: $0, storage: $1) },
            matrix: PackQuantizedMatrix(
                geometry, packed: packed, scales: scales, scaleType: scaleType, zeros: packedZeros,
                groupIndex: groupIndex))
    }

    private func packed(zeros: StoredBytes) -> StoredBytes {
        let (groups, bits, codes) = (geometry.groups, geometry.bits, TensorBytes(zeros))
        var words = [UInt32](repeating: 0, count: geometry.zeroWordRows * groups)
        for row in 0..<geometry.rows {
            let (word, shift) = (row * bits / 32, UInt64(row * bits % 32))
            for group in 0..<groups {
                let value = UInt64(codes.number(UInt8.self, at: row * groups + group)) << shift
                words[word * groups + group] |= UInt32(truncatingIfNeeded: value)
                if shift + UInt64(bits) > 32 {
                    words[(word + 1) * groups + group] |= UInt32(truncatingIfNeeded: value >> 32)
                }
            }
        }
        let result = StoredBytes(byteCount: 4 * words.count, zeroed: false)
        for (index, word) in words.enumerated() { result.store(word, at: 4 * index) }
        return result
    }
}
