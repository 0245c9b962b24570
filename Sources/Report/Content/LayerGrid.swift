internal import Compression
internal import Records

/// The layers of a model in columns that a page can show: those of one kind beside each other, in the order of the blocks.
///
/// What has the same kind and block (the experts of a mixture) shares a column, and so do neighbouring blocks of a model
/// that has too many.
struct LayerGrid: Sendable, Equatable {
    struct Column: Sendable, Equatable {
        /// The module's name without its numbers, the last two parts: `mlp.up_proj`.
        let kind: String
        /// Blocks, from 0.
        let blocks: ClosedRange<Int>
        /// Places in the list of layers.
        var layers: [Int]
    }

    private(set) var columns: [Column] = []

    /// `most` is the number of columns that there may be.
    init(_ names: [String], most: Int) {
        let parts = names.map(Self.parts)
        var kinds: [String] = []
        for part in parts where !kinds.contains(part.kind) { kinds.append(part.kind) }
        let blocks = Set(parts.map(\.block)).count
        let stride = max(1, (kinds.count * blocks + most - 1) / max(1, most))
        for kind in kinds {
            let own = parts.indices.filter { parts[$0].kind == kind }
            let groups = Dictionary(grouping: own) { parts[$0].block / stride }
            for (group, layers) in groups.sorted(by: { $0.key < $1.key }) {
                let last = layers.map { parts[$0].block }.max() ?? group * stride
                columns.append(Column(kind: kind, blocks: min(group * stride, last)...last, layers: layers))
            }
        }
    }

    private static func parts(_ name: String) -> (kind: String, block: Int) {
        let parts = name.split(separator: ".")
        let block = parts.lazy.compactMap { Int($0) }.first ?? 0
        return (parts.filter { Int($0) == nil }.suffix(2).joined(separator: "."), block)
    }

    /// The mean output error of each column; nil where no token came to any of its layers.
    func errors(of layers: [LayerDistortion]) -> [Double?] {
        columns.map { column in column.layers.map { layers[$0] }.meanOutputError }
    }
}
