import Checkpoint
import Kernels

/// A matrix on its way into the layout of `MaskedGeometry`: workers fill its rows, then `finish` packs them.
final class MaskedDraft: Sendable {
    let geometry: MaskedGeometry
    /// 1 where a weight is kept, rows × columns.
    let kept: RowTable<UInt8>
    /// Values as they are to be stored, rows × columns, before they are rounded to their type.
    let values: RowTable<Float>
    /// Or else their codes.
    let codes: RowTable<UInt8>
    /// rows × groups.
    let scales: RowTable<Float>
    let zeros: RowTable<UInt8>

    init(_ geometry: MaskedGeometry) {
        self.geometry = geometry
        let (rows, columns, isCoded) = (geometry.rows, geometry.columns, geometry.groups > 0)
        kept = RowTable(rows: rows, columns: columns, repeating: 1)
        values = RowTable(rows: isCoded ? 0 : rows, columns: columns, repeating: 0)
        codes = RowTable(rows: isCoded ? rows : 0, columns: columns, repeating: 0)
        scales = RowTable(rows: rows, columns: geometry.groups, repeating: 1)
        zeros = RowTable(rows: rows, columns: geometry.groups, repeating: 0)
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
            stored = try packedCodes(bits, starts)
            scales = self.scales.readAll { Self.encoded($0, scaleType) }
            zeros = symmetric ? nil : self.zeros.readAll { Self.stream($0, bits: bits) }
        }
        let shape = StoredBytes.shape(rows: geometry.rows, columns: geometry.columns)
        let matrix = MaskedMatrix(
            geometry, mask: mask.map { TensorBytes($0) }, stored: TensorBytes(stored),
            scales: scales.map { TensorBytes($0) }, zeros: zeros.map { TensorBytes($0) })
        guard let matrix else { preconditionFailure("a mask keeps what its layout says") }
        return Packed(mask: mask, stored: stored, scales: scales, zeros: zeros, shape: shape, matrix: matrix)
    }

    private func starts() -> [Int] {
        var (starts, sum) = ([0], 0)
        for row in 0..<geometry.rows {
            sum += kept.readRow(row) { flags in flags.indices.reduce(0) { $0 + Int(flags[$1]) } }
            starts.append(sum)
        }
        return starts
    }

    private func packedMask() -> StoredBytes {
        let perRow = geometry.maskBytesPerRow
        let result = StoredBytes(byteCount: geometry.rows * perRow)
        for row in 0..<geometry.rows {
            kept.readRow(row) { flags in
                for first in stride(from: 0, to: flags.count, by: 8) {
                    var bits: UInt8 = 0
                    if first + 8 <= flags.count {
                        // The product moves bit 8i to bit 56 + i.
                        let eight = flags.bytes.number(UInt64.self, at: first)
                        bits = UInt8(truncatingIfNeeded: (eight &* 0x0102_0408_1020_4080) >> 56)
                    } else {
                        for column in first..<flags.count { bits |= flags[column] << UInt8(column % 8) }
                    }
                    result.store(bits, at: row * perRow + first / 8)
                }
            }
        }
        return result
    }

    private func packedValues(
        _ tensor: String, _ type: ScaleType, _ starts: [Int]
    ) throws(CompressionError) -> StoredBytes {
        let result = StoredBytes(byteCount: geometry.storedCount * type.byteCount, zeroed: false)
        _ = try Parallel.map(geometry.rows) { [self] (row) throws(CompressionError) in
            let place = starts[row] * type.byteCount..<starts[row + 1] * type.byteCount
            let fault = result.withBytes(place) { bytes in store(row, type, into: &bytes) }
            if let column = fault {
                throw .valueOutOfRange(tensor: tensor, row: row, column: column, type: type.rawValue)
            }
        }
        return result
    }

    /// Stores the kept values of a row; gives the column of the first that the type cannot hold.
    private func store(_ row: Int, _ type: ScaleType, into bytes: inout MutableRawSpan) -> Int? {
        kept.readRow(row) { flags in
            values.readRow(row) { values in
                var (index, fault): (Int, Int?) = (0, nil)
                for column in flags.indices where flags[column] == 1 {
                    let rounded = type.roundedSigned(values[column])
                    if !rounded.isFinite { fault = fault ?? column }
                    switch type {
                    case .float16:
                        bytes.storeBytes(of: Float16(rounded).bitPattern, toByteOffset: 2 * index, as: UInt16.self)
                    case .bfloat16:
                        let bits = UInt16(truncatingIfNeeded: rounded.bitPattern >> 16)
                        bytes.storeBytes(of: bits, toByteOffset: 2 * index, as: UInt16.self)
                    case .float32: bytes.storeBytes(of: rounded, toByteOffset: 4 * index, as: Float.self)
                    }
                    index += 1
                }
                return fault
            }
        }
    }

    /// Calls `body` for each weight of a row that is kept, with its column and its value in a table.
    @inline(__always)
    private func readKept<Element>(
        _ row: Int, _ table: RowTable<Element>, _ body: (Int, Element) throws(CompressionError) -> Void
    ) throws(CompressionError) {
        try kept.readRow(row) { (flags) throws(CompressionError) in
            try table.readRow(row) { (values) throws(CompressionError) in
                for column in flags.indices where flags[column] == 1 { try body(column, values[column]) }
            }
        }
    }

    private func packedCodes(_ bits: Int, _ starts: [Int]) throws(CompressionError) -> StoredBytes {
        guard geometry.kept != nil else { return codes.readAll { Self.stream($0, bits: bits) } }
        let gathered = RowTable(rows: 1, columns: geometry.storedCount, repeating: UInt8(0))
        _ = try Parallel.map(geometry.rows) { [self] (row) throws(CompressionError) in
            try gathered.withRow(0, columns: starts[row]..<starts[row + 1]) { (target) throws(CompressionError) in
                var index = 0
                try readKept(row, codes) { (_, code) throws(CompressionError) in
                    target[index] = code
                    index += 1
                }
            }
        }
        return gathered.readAll { Self.stream($0, bits: bits) }
    }

    private static func encoded(_ scales: Span<Float>, _ type: ScaleType) -> StoredBytes {
        let result = StoredBytes(byteCount: scales.count * type.byteCount)
        result.withBytes(0..<result.byteCount) { type.encode(scales, into: &$0) }
        return result
    }

    private static func stream(_ codes: Span<UInt8>, bits: Int) -> StoredBytes {
        let byteCount = 4 * BitStream.wordCount(codes: codes.count, bits: bits)
        var stream = [UInt8](repeating: 0, count: byteCount + 16)
        var elements = stream.mutableSpan
        var bytes = elements.mutableBytes
        BitStream.pack(codes, bits: bits, into: &bytes)
        let result = StoredBytes(byteCount: byteCount)
        result.store(stream.span.extracting(0..<byteCount), at: 0)
        return result
    }
}
