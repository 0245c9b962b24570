import Checkpoint
import Kernels

/// A weight being put into the layout `levels` row by row.
///
/// `@unchecked Sendable` because workers store different rows, which touch disjoint memory.
final class CodebookWeight: @unchecked Sendable {
    let geometry: CodebookGeometry
    let scaleType: ScaleType
    private let packed: StoredBytes
    private let levels: StoredBytes
    private let scales: StoredBytes?
    /// The tensors of weights that are kept apart; none where there are no such weights.
    private let outliers: [StoredBytes]

    init(_ geometry: CodebookGeometry, scaleType: ScaleType) {
        self.geometry = geometry
        self.scaleType = scaleType
        packed = StoredBytes(byteCount: geometry.rows * geometry.bytesPerRow)
        levels = StoredBytes(byteCount: geometry.tableShape.reduce(1, *) * scaleType.byteCount)
        scales =
            geometry.table == .scaled
            ? StoredBytes(byteCount: geometry.rows * geometry.groups * scaleType.byteCount) : nil
        outliers =
            geometry.outliers == 0
            ? []
            : OutlierEntries.layout(
                rows: geometry.rows, columns: geometry.columns, count: geometry.outliers, type: scaleType
            ).map { StoredBytes(byteCount: $0.byteCount) }
    }

    /// Stores a row's codes, one a byte.
    func store(row: Int, codes: Span<UInt8>) {
        precondition(codes.count == geometry.codesPerRow, "a row has all of its codes")
        packed.withBytes(row * geometry.bytesPerRow..<(row + 1) * geometry.bytesPerRow) {
            geometry.stream.pack(codes, into: &$0)
        }
    }

    /// Stores a group's scale, a value of the type.
    func store(row: Int, group: Int, scale: Float) {
        guard let scales else { return }
        scales.store(scale, scaleType, at: row * geometry.groups + group)
    }

    /// Stores the table of a group.
    func store(row: Int, group: Int, levels values: [Float]) {
        store(values, at: (row * geometry.groups + group) * geometry.levels)
    }

    /// Stores the one table.
    func store(levels values: [Float]) { store(values, at: 0) }

    /// Stores the weights that are kept apart.
    func store(_ kept: Outliers, _ layer: LinearLayer) throws(CompressionError) {
        let isShort = OutlierEntries.columnType(geometry.columns) == .int16
        var entry = 0
        for row in 0..<geometry.rows {
            outliers[2].store(Int32(entry), at: 4 * row)
            let values = layer.weight.values(row: row)
            let columns = kept.marks.readRow(row) { marks in values.indices.filter { marks[$0] == 1 } }
            let stored = try Codebook.stored(columns.map { values[$0] }, scaleType, layer.name, row)
            for (column, value) in zip(columns, stored) {
                outliers[0].store(value, scaleType, at: entry)
                if isShort {
                    outliers[1].store(Int16(column), at: 2 * entry)
                } else {
                    outliers[1].store(Int32(column), at: 4 * entry)
                }
                entry += 1
            }
        }
        outliers[2].store(Int32(entry), at: 4 * geometry.rows)
    }

    private func store(_ values: [Float], at first: Int) {
        for (index, value) in values.enumerated() { levels.store(value, scaleType, at: first + index) }
    }

    /// The stored tensors, once every row is stored.
    func finish() -> CompressedWeight {
        let shape = StoredBytes.shape(rows: geometry.rows, columns: geometry.columns)
        let storages = [packed, levels, scales, shape].compactMap(\.self) + outliers
        return CompressedWeight(
            tensors: zip(geometry.layout(scaleType: scaleType), storages).map { StoredTensor(layout: $0, storage: $1) },
            matrix: CodebookMatrix(
                geometry, packed: TensorBytes(packed), levels: (TensorBytes(levels), scaleType),
                scales: scales.map { (TensorBytes($0), scaleType) },
                outliers: outliers.isEmpty
                    ? nil : OutlierEntries(outliers, columns: geometry.columns, type: scaleType)))
    }
}

extension StoredBytes {
    /// Stores a value of either sign that a type of scales holds exactly, as one of its elements.
    @inline(__always)
    func store(_ value: Float, _ type: ScaleType, at index: Int) {
        switch type {
        case .float16: store(Float16(value).bitPattern, at: 2 * index)
        case .bfloat16: store(UInt16(value.bitPattern >> 16), at: 2 * index)
        case .float32: store(value, at: 4 * index)
        }
    }
}
