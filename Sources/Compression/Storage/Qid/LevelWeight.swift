import Checkpoint

/// A weight being put into the layout `levels` row by row.
///
/// `@unchecked Sendable` because workers store different rows, which touch disjoint memory.
final class LevelWeight: @unchecked Sendable {
    let geometry: LevelGeometry
    let scaleType: ScaleType
    private let packed: StoredBytes
    private let levels: StoredBytes
    private let scales: StoredBytes?

    init(_ geometry: LevelGeometry, scaleType: ScaleType) {
        self.geometry = geometry
        self.scaleType = scaleType
        packed = StoredBytes(byteCount: geometry.rows * geometry.bytesPerRow)
        levels = StoredBytes(byteCount: geometry.tableShape.reduce(1, *) * scaleType.byteCount)
        scales =
            geometry.table == .scaled
            ? StoredBytes(byteCount: geometry.rows * geometry.groups * scaleType.byteCount) : nil
    }

    /// Stores a row's codes, one a byte.
    func store(row: Int, codes: UnsafePointer<UInt8>) {
        geometry.stream.pack(
            codes, count: geometry.codesPerRow, into: packed.base + row * geometry.bytesPerRow)
    }

    /// Stores a group's scale, a value of the type.
    func store(row: Int, group: Int, scale: Float) {
        guard let scales else { return }
        scaleType.encodeSigned([scale], into: scales.base, at: row * geometry.groups + group)
    }

    /// Stores the table of a group.
    func store(row: Int, group: Int, levels values: [Float]) {
        scaleType.encodeSigned(values, into: levels.base, at: (row * geometry.groups + group) * geometry.levels)
    }

    /// Stores the one table.
    func store(levels values: [Float]) { scaleType.encodeSigned(values, into: levels.base, at: 0) }

    /// The stored tensors, once every row is stored.
    func finish() -> CompressedWeight {
        let shape = StoredBytes(byteCount: 16)
        shape.base.storeBytes(of: Int64(geometry.rows), as: Int64.self)
        shape.base.storeBytes(of: Int64(geometry.columns), toByteOffset: 8, as: Int64.self)
        let storages = [packed, levels, scales, shape].compactMap(\.self)
        return CompressedWeight(
            tensors: zip(geometry.layout(scaleType: scaleType), storages).map { StoredTensor(layout: $0, storage: $1) },
            matrix: LevelMatrix(
                geometry, packed: packed.base, levels: (UnsafeRawPointer(levels.base), scaleType),
                scales: scales.map { (UnsafeRawPointer($0.base), scaleType) }, owners: storages))
    }
}

extension ScaleType {
    /// Stores values of either sign that this type holds exactly, from an element on.
    func encodeSigned(_ values: [Float], into destination: UnsafeMutableRawPointer, at first: Int) {
        for (index, value) in values.enumerated() {
            let offset = (first + index) * byteCount
            switch self {
            case .float16: destination.storeBytes(of: Float16(value).bitPattern, toByteOffset: offset, as: UInt16.self)
            case .bfloat16:
                destination.storeBytes(of: UInt16(value.bitPattern >> 16), toByteOffset: offset, as: UInt16.self)
            case .float32: destination.storeBytes(of: value, toByteOffset: offset, as: Float.self)
            }
        }
    }
}
