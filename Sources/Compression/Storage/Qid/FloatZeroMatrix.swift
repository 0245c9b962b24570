import Kernels

/// A weight in the layout `float-zero-point` (`FloatZeroGeometry`).
struct FloatZeroMatrix: WeightMatrix {
    private let geometry: FloatZeroGeometry
    private let packed: TensorBytes
    private let scales: (bytes: TensorBytes, type: ScaleType)
    private let zeros: (bytes: TensorBytes, type: ScaleType)

    var rows: Int { geometry.rows }
    var columns: Int { geometry.columns }

    /// Takes bytes of the sizes that the geometry asks for.
    init(
        _ geometry: FloatZeroGeometry, packed: TensorBytes, scales: (bytes: TensorBytes, type: ScaleType),
        zeros: (bytes: TensorBytes, type: ScaleType)
    ) {
        (self.geometry, self.packed, self.scales, self.zeros) = (geometry, packed, scales, zeros)
    }

    func decode(row: Int, columns range: Range<Int>, into destination: inout MutableSpan<Float>) {
        withScratch(range.count, of: UInt8(0)) { codes in
            packed.withRow(row, byteCount: 4 * geometry.wordsPerRow) {
                CodeStream.bits(geometry.bits).unpack($0, range, into: &codes)
            }
            var column = range.lowerBound
            while column < range.upperBound {
                let group = column / geometry.groupLength
                let end = min((group + 1) * geometry.groupLength, range.upperBound)
                let index = row * geometry.groups + group
                let (scale, zero) = (scales.bytes.scale(index, scales.type), zeros.bytes.scale(index, zeros.type))
                for place in column - range.lowerBound..<end - range.lowerBound {
                    destination[place] = (Float(codes[place]) - zero) * scale
                }
                column = end
            }
        }
    }
}

/// A weight being put into the layout `float-zero-point` row by row.
///
/// `@unchecked Sendable` because workers store different rows, which touch disjoint memory.
final class FloatZeroWeight: @unchecked Sendable {
    private let geometry: FloatZeroGeometry
    let scaleType: ScaleType
    private let packed: StoredBytes
    private let scales: StoredBytes
    private let zeros: StoredBytes

    init(_ geometry: FloatZeroGeometry, scaleType: ScaleType) {
        (self.geometry, self.scaleType) = (geometry, scaleType)
        packed = StoredBytes(byteCount: geometry.rows * geometry.wordsPerRow * 4)
        let size = geometry.rows * geometry.groups * scaleType.byteCount
        (scales, zeros) = (StoredBytes(byteCount: size), StoredBytes(byteCount: size))
    }

    /// Stores a row's codes, one a byte.
    func store(row: Int, codes: Span<UInt8>) {
        let byteCount = 4 * geometry.wordsPerRow
        packed.withBytes(row * byteCount..<(row + 1) * byteCount) {
            CodeStream.bits(geometry.bits).pack(codes, into: &$0)
        }
    }

    /// Stores what a group's codes stand for, rounded to the type; false if it cannot hold them.
    func store(row: Int, group: Int, scale: Float, zero: Float) -> Bool {
        let (scale, zero) = (max(scaleType.rounded(scale), scaleType.leastPositive), scaleType.roundedSigned(zero))
        guard scale.isFinite, zero.isFinite else { return false }
        scales.store(scale, scaleType, at: row * geometry.groups + group)
        zeros.store(zero, scaleType, at: row * geometry.groups + group)
        return true
    }

    /// The stored tensors, once every row is stored.
    func finish() -> CompressedWeight {
        let shape = StoredBytes.shape(rows: geometry.rows, columns: geometry.columns)
        return CompressedWeight(
            tensors: zip(geometry.layout(scaleType: scaleType), [packed, scales, zeros, shape]).map {
                StoredTensor(layout: $0, storage: $1)
            },
            matrix: FloatZeroMatrix(
                geometry, packed: TensorBytes(packed), scales: (TensorBytes(scales), scaleType),
                zeros: (TensorBytes(zeros), scaleType)))
    }
}
