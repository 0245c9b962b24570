/// How a matrix product is cut into blocks that fit the caches.
enum Blocking {
    /// Inputs in one pass of the microkernel: tiles of that depth (24 KiB) stay in the first-level cache beside a weight panel.
    static let largestDepth = 256
    /// Tiles that pass all panels of a group one after the other.
    static let tilesAtOnce = 4
    /// Input rows in one task, so that their panels (360 KiB) stay in the second-level cache.
    static let largestRows = 40 * tileRows
    /// Weights that are packed whole, to stay in the second-level cache (512 KiB).
    static let keptWeights = 1 << 17
    /// Inputs that are packed at a time where the weight goes by (16 MiB).
    static let streamedInputs = 1 << 22
    /// Panels of a passing weight in one task: their outputs stay in the second-level cache from one depth to the next.
    static let groupedPanels = 6
    /// Head weights packed at a time (8 MiB), which stay in the third-level cache.
    static let headWeights = 1 << 21

    /// The depth of one pass: that of `depth` in equal parts. It fixes the order of summation.
    static func depth(_ depth: Int) -> Int {
        let passes = max(1, (depth + largestDepth - 1) / largestDepth)
        return max(1, (depth + passes - 1) / passes)
    }

    /// The rows that are packed at a time where the weight goes by, a multiple of the tile's.
    static func streamedRows(depth: Int) -> Int {
        max(8, streamedInputs / (max(1, depth) * tileRows)) * tileRows
    }

    /// The tokens whose head weights are packed at a time, a multiple of what is folded at a time.
    static func vocabulary(_ tokens: Int, depth: Int, heads: Int) -> Int {
        let folds = max(1, headWeights / (max(1, depth * heads) * HeadTask.foldWidth))
        return min(folds, (tokens + HeadTask.foldWidth - 1) / HeadTask.foldWidth) * HeadTask.foldWidth
    }

    /// The rows of one task, a multiple of the tile's: many enough for the weights to be reused, and tasks for all workers.
    static func rows(_ rows: Int, largest: Int = largestRows) -> Int {
        let tiles = (rows + tileRows - 1) / tileRows
        let width = Parallel.width
        let tasks = (tiles * tileRows + largest - 1) / largest
        let balanced = max(1, (tasks + width - 1) / width * width)
        return max(1, (tiles + balanced - 1) / balanced) * tileRows
    }
}
