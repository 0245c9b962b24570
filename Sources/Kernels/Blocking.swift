/// How a matrix product is cut into blocks that fit the caches.
enum Blocking {
    /// Inputs in one pass of the microkernel: a weight panel of that depth (16 KiB) stays in the first-level cache.
    static let largestDepth = 256
    /// Input rows in one task, so that their panels (240 KiB) stay in the second-level cache.
    static let largestRows = 40 * tileRows
    /// Weights packed at a time (8 MiB), which stay in the third-level cache.
    static let packedWeights = 1 << 21

    /// The depth of one pass: that of `depth` in equal parts. It fixes the order of summation.
    static func depth(_ depth: Int) -> Int {
        let passes = max(1, (depth + largestDepth - 1) / largestDepth)
        return max(1, (depth + passes - 1) / passes)
    }

    /// The outputs packed at a time, a multiple of the panel's width.
    static func columns(_ columns: Int, depth: Int) -> Int {
        let panels = max(1, packedWeights / (max(1, depth) * panelWidth))
        return max(1, min(panels, (columns + panelWidth - 1) / panelWidth)) * panelWidth
    }

    /// The tokens whose head weights are packed at a time, a multiple of what is folded at a time.
    static func vocabulary(_ tokens: Int, depth: Int, heads: Int) -> Int {
        let folds = max(1, packedWeights / (max(1, depth * heads) * HeadTask.foldWidth))
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
