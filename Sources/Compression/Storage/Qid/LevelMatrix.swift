import Kernels

/// A weight in the layout `levels` (`LevelGeometry`).
///
/// Codes cannot lie beyond the table, whatever the bytes are: a stream yields none that is not below the number of levels.
///
/// `@unchecked Sendable` because the bytes are only read, and the owners keep them alive.
struct LevelMatrix: WeightMatrix, @unchecked Sendable {
    private let geometry: LevelGeometry
    private let packed: UnsafeRawPointer
    private let levels: UnsafeRawPointer
    private let scales: UnsafeRawPointer?
    private let levelType: ScaleType
    private let scaleType: ScaleType
    private let stream: CodeStream
    /// One table for all, decoded; empty where each group has its own.
    private let table: [Float]
    private let owners: [any AnyObject & Sendable]

    var rows: Int { geometry.rows }
    var columns: Int { geometry.columns }

    /// Takes bytes of the sizes that the geometry asks for; scales are there where its table is `scaled`.
    init(
        _ geometry: LevelGeometry, packed: UnsafeRawPointer, levels: (bytes: UnsafeRawPointer, type: ScaleType),
        scales: (bytes: UnsafeRawPointer, type: ScaleType)?, owners: [any AnyObject & Sendable]
    ) {
        (self.geometry, self.packed, self.owners, stream) = (geometry, packed, owners, geometry.stream)
        (self.levels, levelType) = levels
        (self.scales, scaleType) = (scales?.bytes, scales?.type ?? levels.type)
        table =
            geometry.table == .ofGroups
            ? [] : (0..<geometry.levels * geometry.vector).map { levels.type.decode(levels.bytes, $0) }
    }

    func decode(row: Int, columns range: Range<Int>, into destination: UnsafeMutablePointer<Float>) {
        guard !range.isEmpty else { return }
        let vector = geometry.vector
        let codeRange = range.lowerBound / vector..<(range.upperBound - 1) / vector + 1
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: codeRange.count) { memory in
            guard let codes = memory.baseAddress else { return }
            stream.unpack(
                packed + row * geometry.bytesPerRow, byteCount: geometry.bytesPerRow, codeRange, into: codes)
            var column = range.lowerBound
            while column < range.upperBound {
                let group = column / geometry.groupLength
                let part = column..<min((group + 1) * geometry.groupLength, range.upperBound)
                let target = destination + (column - range.lowerBound)
                if geometry.table == .ofGroups {
                    decodeOwn(codes + (column - range.lowerBound), part.count, row * geometry.groups + group, target)
                } else {
                    decodeShared(codes, codeRange.lowerBound, part, row * geometry.groups + group, target)
                }
                column = part.upperBound
            }
        }
    }

    /// Weights of a group with a table of its own; a code is one weight.
    private func decodeOwn(
        _ codes: UnsafePointer<UInt8>, _ count: Int, _ group: Int, _ target: UnsafeMutablePointer<Float>
    ) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: geometry.levels) { table in
            for level in 0..<geometry.levels {
                table[level] = levelType.decode(levels, group * geometry.levels + level)
            }
            for index in 0..<count { target[index] = table[Int(codes[index])] }
        }
    }

    private func decodeShared(
        _ codes: UnsafePointer<UInt8>, _ firstCode: Int, _ part: Range<Int>, _ group: Int,
        _ target: UnsafeMutablePointer<Float>
    ) {
        let scale = scales.map { scaleType.decode($0, group) } ?? 1
        let vector = geometry.vector
        table.withUnsafeBufferPointer { table in
            if vector == 1 {
                let own = codes + (part.lowerBound - firstCode)
                for index in 0..<part.count { target[index] = table[Int(own[index])] * scale }
            } else {
                for column in part {
                    let code = Int(codes[column / vector - firstCode])
                    target[column - part.lowerBound] = table[code * vector + column % vector] * scale
                }
            }
        }
    }
}
