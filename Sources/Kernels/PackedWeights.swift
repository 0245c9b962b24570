/// Some rows of a weight, decoded and packed for the microkernel in borrowed memory: panels of 16 rows by the whole depth,
/// `panel[16k + r]`, then the bias of each row (zero without one); missing rows of the last panel are zero.
///
/// `@unchecked Sendable` because the memory is only read once `init` has filled it.
struct PackedWeights: @unchecked Sendable {
    private let base: UnsafeMutablePointer<Float>
    private let starts: UnsafeMutablePointer<Float>
    private let depth: Int

    /// The memory that `init` fills.
    static func floatCount(rows: Int, depth: Int) -> Int {
        (rows + panelWidth - 1) / panelWidth * panelWidth * (depth + 1)
    }

    /// Packs `rows` of `weight` into `memory`, in parallel.
    init(_ weight: any WeightMatrix, rows: Range<Int>, bias: [Float]?, in memory: UnsafeMutablePointer<Float>) {
        let panels = (rows.count + panelWidth - 1) / panelWidth
        let depth = weight.columns
        let starts = memory + panels * panelWidth * depth
        for index in 0..<panels * panelWidth {
            let row = rows.lowerBound + index
            starts[index] = row < rows.upperBound ? bias?[row] ?? 0 : 0
        }
        (base, self.depth, self.starts) = (memory, depth, starts)
        packInParallel(weight, rows: rows)
    }

    private func packInParallel(_ weight: any WeightMatrix, rows: Range<Int>) {
        let panels = (rows.count + panelWidth - 1) / panelWidth
        let panelsPerTask = max(1, 32_768 / max(1, panelWidth * depth))
        Parallel.forEach((panels + panelsPerTask - 1) / panelsPerTask) { task in
            for panel in task * panelsPerTask..<min(panels, (task + 1) * panelsPerTask) {
                let first = rows.lowerBound + panel * panelWidth
                weight.pack(
                    rows: first..<min(rows.upperBound, first + panelWidth), columns: 0..<depth,
                    into: base + panel * panelWidth * depth)
            }
        }
    }

    /// The panel of rows from 16·index on, from one depth on.
    @inline(__always)
    func panel(_ index: Int, depth first: Int) -> UnsafePointer<Float> {
        UnsafePointer(base + (index * depth + first) * panelWidth)
    }

    /// What the sums of a panel's 16 rows start from.
    @inline(__always)
    func start(_ index: Int) -> UnsafeMutablePointer<Float> { starts + index * panelWidth }
}
