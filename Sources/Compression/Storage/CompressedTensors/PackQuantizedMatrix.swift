import Checkpoint
import Kernels

/// A weight in the `pack-quantized` layout, read code by code: w = (q − zero)·scale, exact in float32 for 16-bit scales.
struct PackQuantizedMatrix: ScaledCodes {
    let geometry: PackQuantizedGeometry
    private let packed: TensorBytes
    private let scales: TensorBytes
    private let scaleType: ScaleType
    private let zeros: TensorBytes?
    /// Each column's group where groups are scattered, all within range.
    private let groupIndex: [Int32]?
    private let wordsPerRow: Int
    /// Codes in one word where none straddles two (older files); nil for the dense stream.
    private let codesPerWord: Int?

    var rows: Int { geometry.rows }
    var columns: Int { geometry.columns }
    var groupLength: Int { geometry.groupLength }
    var scaledCodes: (any ScaledCodes)? { groupIndex == nil ? self : nil }

    /// The stored tensors of one module, shapes not yet compared.
    struct Parts {
        let packed: Part
        let scale: Part
        let zero: Part?
        let groupIndex: Part?

        /// One tensor's bytes.
        struct Part {
            let name: String
            let type: ElementType
            let shape: [Int]
            let bytes: TensorBytes
        }
    }

    /// Joins the tensors of a module whose weight has `rows` × `columns` values of `bits` bits, if their shapes agree.
    init(_ parts: Parts, rows: Int, columns: Int, bits: Int, symmetric: Bool) throws(CompressionError) {
        let scaleShape = parts.scale.shape
        guard scaleShape.count == 2, scaleShape[0] == rows, scaleShape[1] > 0, columns.isMultiple(of: scaleShape[1])
        else {
            throw .wrongShape(
                tensor: parts.scale.name, found: scaleShape,
                expected: "[\(rows), groups] with groups that divide \(columns) columns")
        }
        geometry = PackQuantizedGeometry(
            rows: rows, columns: columns, bits: bits, symmetric: symmetric, groupLength: columns / scaleShape[1],
            scattered: parts.groupIndex != nil)
        if let part = parts.groupIndex {
            groupIndex = try Self.groupIndex(part, geometry)
        } else {
            groupIndex = nil
        }
        guard let scaleType = ScaleType.allCases.first(where: { $0.elementType == parts.scale.type }) else {
            throw .wrongType(tensor: parts.scale.name, found: parts.scale.type.rawValue, expected: "F16, BF16 or F32")
        }
        self.scaleType = scaleType
        (wordsPerRow, codesPerWord) = try Self.wordLayout(parts.packed, geometry)
        zeros = try Self.zeroBytes(parts.zero, parts.packed.name, geometry, codesPerWord)
        packed = parts.packed.bytes
        scales = parts.scale.bytes
    }

    /// The weight whose tensors a compressor has just made.
    init(
        _ geometry: PackQuantizedGeometry, packed: StoredBytes, scales: StoredBytes, scaleType: ScaleType,
        zeros: StoredBytes?, groupIndex: StoredBytes?
    ) {
        self.geometry = geometry
        self.packed = TensorBytes(packed)
        self.scales = TensorBytes(scales)
        self.scaleType = scaleType
        self.zeros = zeros.map { TensorBytes($0) }
        self.groupIndex = groupIndex.map { Self.numbers(TensorBytes($0), geometry.columns) }
        wordsPerRow = geometry.wordsPerRow
        codesPerWord = nil
    }

    private static func numbers(_ bytes: TensorBytes, _ count: Int) -> [Int32] {
        (0..<count).map { bytes.number(Int32.self, at: 4 * $0) }
    }

    /// The words of a row, and how many codes stand in each if none straddles two.
    private static func wordLayout(
        _ part: Parts.Part, _ geometry: PackQuantizedGeometry
    ) throws(CompressionError) -> (Int, Int?) {
        guard part.type == .int32 else {
            throw .wrongType(tensor: part.name, found: part.type.rawValue, expected: "I32")
        }
        let (dense, perWord) = (geometry.wordsPerRow, 32 / geometry.bits)
        let padded = (geometry.columns + perWord - 1) / perWord
        if part.shape == [geometry.rows, dense] { return (dense, nil) }
        if part.shape == [geometry.rows, padded] { return (padded, perWord) }
        throw .wrongShape(
            tensor: part.name, found: part.shape,
            expected: "[\(geometry.rows), \(dense)] for \(geometry.columns) codes of \(geometry.bits) bits")
    }

    private static func groupIndex(
        _ part: Parts.Part, _ geometry: PackQuantizedGeometry
    ) throws(CompressionError) -> [Int32] {
        guard part.type == .int32 else {
            throw .wrongType(tensor: part.name, found: part.type.rawValue, expected: "I32")
        }
        guard part.shape == [geometry.columns] else {
            throw .wrongShape(tensor: part.name, found: part.shape, expected: "[\(geometry.columns)]")
        }
        let groups = numbers(part.bytes, geometry.columns)
        if let column = groups.firstIndex(where: { $0 < 0 || $0 >= geometry.groups }) {
            throw .groupOutOfRange(
                tensor: part.name, column: column, found: Int(groups[column]), groups: geometry.groups)
        }
        return groups
    }

    private static func zeroBytes(
        _ part: Parts.Part?, _ packedName: String, _ geometry: PackQuantizedGeometry, _ codesPerWord: Int?
    ) throws(CompressionError) -> TensorBytes? {
        guard !geometry.symmetric else { return nil }
        guard let part else {
            let name = packedName.replacing("weight_packed", with: "weight_zero_point")
            throw .missingTensor(name: name, known: [])
        }
        guard part.type == .int32 else {
            throw .wrongType(tensor: part.name, found: part.type.rawValue, expected: "I32")
        }
        let words = codesPerWord.map { (geometry.rows + $0 - 1) / $0 } ?? geometry.zeroWordRows
        guard part.shape == [words, geometry.groups] else {
            throw .wrongShape(tensor: part.name, found: part.shape, expected: "[\(words), \(geometry.groups)]")
        }
        return part.bytes
    }

    func decode(row: Int, columns range: Range<Int>, into destination: inout MutableSpan<Float>) {
        let row = RowOfZeros(self, row: row)
        if let groupIndex { return decodeScattered(row, columns: range, groupIndex, into: &destination) }
        decode(row, columns: range, into: &destination) { grid(row, group: $0) }
    }

    func scale(row: Int, group: Int) -> Float { scales.scale(row * geometry.groups + group, scaleType) }

    func decodeCodes(row: Int, columns range: Range<Int>, into destination: inout MutableSpan<Float>) {
        let row = RowOfZeros(self, row: row)
        decode(row, columns: range, into: &destination) { UniformGrid(scale: 1, zero: zero(row, group: $0)) }
    }

    /// Decodes columns of groups that follow each other, each by its grid.
    @inline(__always)
    private func decode(
        _ row: RowOfZeros, columns range: Range<Int>, into destination: inout MutableSpan<Float>,
        grid: (Int) -> UniformGrid
    ) {
        precondition(destination.count == range.count, "there is room for just the columns asked for")
        let length = geometry.groupLength
        packed.withRow(row.row, byteCount: wordsPerRow * 4) { codes in
            var column = range.lowerBound
            var group = column / length
            while column < range.upperBound {
                let end = min((group + 1) * length, range.upperBound)
                destination.withPart(column - range.lowerBound..<end - range.lowerBound) {
                    decode(codes, grid(group), columns: column..<end, into: &$0)
                }
                column = end
                group += 1
            }
        }
    }

    /// Decodes one code after the other, each by its own column's group.
    private func decodeScattered(
        _ row: RowOfZeros, columns range: Range<Int>, _ groupIndex: [Int32], into destination: inout MutableSpan<Float>
    ) {
        packed.withRow(row.row, byteCount: wordsPerRow * 4) { codes in
            for column in range {
                let group = Int(groupIndex[column])
                destination[column - range.lowerBound] = grid(row, group: group).value(code(column, codes))
            }
        }
    }

    @inline(__always)
    private func grid(_ row: RowOfZeros, group: Int) -> UniformGrid {
        UniformGrid(scale: scale(row: row.row, group: group), zero: zero(row, group: group))
    }

    /// Where a row's zero points stand in their words; the same for all of its groups.
    private struct RowOfZeros {
        let row: Int
        let word: Int
        let shift: UInt64
        let straddles: Bool

        init(_ matrix: PackQuantizedMatrix, row: Int) {
            self.row = row
            let bits = matrix.geometry.bits
            let perWord = matrix.codesPerWord
            let bit = perWord.map { row / $0 * 32 + row % $0 * bits } ?? row * bits
            word = bit / 32
            shift = UInt64(bit % 32)
            straddles = bit % 32 + bits > 32
        }
    }

    @inline(__always)
    private func zero(_ row: RowOfZeros, group: Int) -> Int32 {
        guard let zeros else { return geometry.symmetricZero }
        let groups = geometry.groups
        var value = UInt64(zeros.number(UInt32.self, at: 4 * (row.word * groups + group)))
        if row.straddles {
            value |= UInt64(zeros.number(UInt32.self, at: 4 * ((row.word + 1) * groups + group))) << 32
        }
        return Int32(truncatingIfNeeded: value &>> row.shift) & geometry.top
    }

    /// Decodes columns of one group: eight at a time where they start at a byte, one at a time otherwise.
    private func decode(
        _ codes: RawSpan, _ grid: UniformGrid, columns range: Range<Int>, into destination: inout MutableSpan<Float>
    ) {
        var column = range.lowerBound
        if codesPerWord == nil {
            let aligned = min((column + 7) & ~7, range.upperBound)
            while column < aligned {
                destination[column - range.lowerBound] = grid.value(code(column, codes))
                column += 1
            }
            let unpacker = CodeUnpacker(bits: geometry.bits)
            let limit = wordsPerRow * 4
            // The last bytes of a row are left to the slow path: a load of eight would run past it.
            while column + 8 <= range.upperBound, column / 8 * geometry.bits + 8 <= limit {
                let eight = codes.number(UInt64.self, at: column / 8 * geometry.bits)
                let values = unpacker.values(eight, scale: grid.scale, zero: grid.zero)
                destination.store(values, at: column - range.lowerBound)
                column += 8
            }
        }
        while column < range.upperBound {
            destination[column - range.lowerBound] = grid.value(code(column, codes))
            column += 1
        }
    }

    @inline(__always)
    private func code(_ column: Int, _ codes: RawSpan) -> UInt8 {
        guard let codesPerWord else {
            return BitStream.code(column, bits: geometry.bits, in: codes)
        }
        let word = codes.number(UInt32.self, at: column / codesPerWord * 4)
        return UInt8(truncatingIfNeeded: word &>> UInt32(column % codesPerWord * geometry.bits))
            & UInt8(truncatingIfNeeded: geometry.top)
    }
}
