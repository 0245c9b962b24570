import Kernels

/// A weight in the layout `levels` (`CodebookGeometry`).
///
/// Codes cannot lie beyond the table, whatever the bytes are: a stream yields none that is not below the number of levels.
struct CodebookMatrix: WeightMatrix {
    private let geometry: CodebookGeometry
    private let packed: TensorBytes
    private let levels: TensorBytes
    private let scales: TensorBytes?
    private let levelType: ScaleType
    private let scaleType: ScaleType
    private let stream: CodeStream
    /// One table for all, decoded; empty where each group has its own.
    private let table: [Float]
    private let outliers: OutlierEntries?

    var rows: Int { geometry.rows }
    var columns: Int { geometry.columns }

    /// Takes bytes of the sizes that the geometry asks for; scales are there where its table is `scaled`.
    init(
        _ geometry: CodebookGeometry, packed: TensorBytes, levels: (bytes: TensorBytes, type: ScaleType),
        scales: (bytes: TensorBytes, type: ScaleType)?, outliers: OutlierEntries? = nil
    ) {
        self.outliers = outliers
        (self.geometry, self.packed, stream) = (geometry, packed, geometry.stream)
        (self.levels, levelType) = levels
        (self.scales, scaleType) = (scales?.bytes, scales?.type ?? levels.type)
        table =
            geometry.table == .ofGroups
            ? [] : (0..<geometry.levels * geometry.vector).map { levels.bytes.scale($0, levels.type) }
    }

    func decode(row: Int, columns range: Range<Int>, into destination: inout MutableSpan<Float>) {
        guard !range.isEmpty else { return }
        let vector = geometry.vector
        let codeRange = range.lowerBound / vector..<(range.upperBound - 1) / vector + 1
        withScratch(codeRange.count, of: UInt8(0)) { codes in
            packed.withRow(row, byteCount: geometry.bytesPerRow) { stream.unpack($0, codeRange, into: &codes) }
            var column = range.lowerBound
            while column < range.upperBound {
                let group = column / geometry.groupLength
                let part = column..<min((group + 1) * geometry.groupLength, range.upperBound)
                let own = row * geometry.groups + group
                destination.withPart(part.lowerBound - range.lowerBound..<part.upperBound - range.lowerBound) {
                    if geometry.table == .ofGroups {
                        decodeOwn(codes.span.extracting(droppingFirst: column - range.lowerBound), own, &$0)
                    } else {
                        decodeShared(codes.span, codeRange.lowerBound, part, own, &$0)
                    }
                }
                column = part.upperBound
            }
        }
        outliers?.put(row: row, columns: range, into: &destination)
    }

    /// Weights of a group with a table of its own; a code is one weight.
    private func decodeOwn(_ codes: Span<UInt8>, _ group: Int, _ target: inout MutableSpan<Float>) {
        withScratch(geometry.levels, of: Float(0)) { table in
            for level in 0..<geometry.levels { table[level] = levels.scale(group * geometry.levels + level, levelType) }
            for index in 0..<target.count { target[index] = table[Int(codes[index])] }
        }
    }

    private func decodeShared(
        _ codes: Span<UInt8>, _ firstCode: Int, _ part: Range<Int>, _ group: Int, _ target: inout MutableSpan<Float>
    ) {
        let scale = scales.map { $0.scale(group, scaleType) } ?? 1
        let (vector, table) = (geometry.vector, table.span)
        if vector == 1 {
            let own = codes.extracting(droppingFirst: part.lowerBound - firstCode)
            for index in 0..<target.count { target[index] = table[Int(own[index])] * scale }
        } else {
            for column in part {
                let code = Int(codes[column / vector - firstCode])
                target[column - part.lowerBound] = table[code * vector + column % vector] * scale
            }
        }
    }
}
