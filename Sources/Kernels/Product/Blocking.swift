/// How a matrix product is cut into blocks that fit the caches.
enum Blocking {
    /// Inputs in one pass of the microkernel.
    ///
    /// In floats, four panels of that depth (24 KiB) stay in the first-level cache beside a panel of weights; in split bfloat16,
    /// a panel of either (144 KiB) streams from the second-level cache.
    static func largestDepth(_ form: PanelForm) -> Int { form == .splitBFloat16 ? 768 : 256 }
    /// Panels of inputs that pass all panels of a group one after the other.
    static func panelsAtOnce(_ form: PanelForm) -> Int { form == .splitBFloat16 ? 1 : 4 }
    /// Input rows in one task, so that their panels (360 KiB, or 576) stay in the second-level cache.
    static func largestRows(_ form: PanelForm) -> Int { form == .splitBFloat16 ? 128 : 240 }
    /// Head inputs in one task: they and their logits stay in the second-level cache.
    static func headRows(_ form: PanelForm) -> Int { form == .splitBFloat16 ? 128 : 96 }
    /// Weights that are packed whole for so many input rows, to stay in the second-level cache (512 KiB), or in split bfloat16
    /// in the third-level cache (6 MiB, or 24 where many rows share the work), from where 128 rows at a time take them
    /// as fast as they can be multiplied.
    static func prepackedWeights(_ form: PanelForm, rows: Int) -> Int {
        form == .splitBFloat16 ? (rows < 1024 ? 1 << 20 : 1 << 22) : 1 << 17
    }
    /// Weights of a whole layer that are packed together for so many input rows.
    static func prepackedLayer(_ form: PanelForm, rows: Int) -> Int { 2 * prepackedWeights(form, rows: rows) }
    /// Inputs that are packed at a time where the weight goes by (16 MiB, or 24).
    static let streamedInputs = 1 << 22
    /// Panels of a passing weight in one task: they, or their outputs, stay in the second-level cache from one depth to
    /// the next.
    static func groupedPanels(_ form: PanelForm) -> Int { form == .splitBFloat16 ? 8 : 3 }
    /// Head weights packed at a time (8 MiB, or 6), which stay in the third-level cache.
    static func headWeights(_ form: PanelForm) -> Int { form == .splitBFloat16 ? 1 << 20 : 1 << 21 }

    /// The depth of one pass: that of `depth` in equal parts.
    ///
    /// It fixes the order of summation in floats.
    static func depth(_ depth: Int, form: PanelForm) -> Int {
        let passes = max(1, (depth + largestDepth(form) - 1) / largestDepth(form))
        let whole = max(1, (depth + passes - 1) / passes)
        return form == .splitBFloat16 ? (whole + 31) / 32 * 32 : whole
    }

    /// The rows that are packed at a time where the weight goes by, a multiple of the panel's.
    static func streamedRows(depth: Int, form: PanelForm) -> Int {
        max(8, streamedInputs / (max(1, depth) * form.inputRows)) * form.inputRows
    }

    /// The tokens whose head weights are packed at a time, a multiple of what is scored at a time.
    static func vocabulary(_ tokens: Int, depth: Int, heads: Int, form: PanelForm) -> Int {
        let tiles = max(1, headWeights(form) / (max(1, depth * heads) * HeadTask.tileWidth))
        return min(tiles, (tokens + HeadTask.tileWidth - 1) / HeadTask.tileWidth) * HeadTask.tileWidth
    }

    /// The rows of each task, multiples of the panel's: `largest`, so that weights are reused, and fewer towards the
    /// end, so that all workers end together.
    static func rowBlocks(_ rows: Int, form: PanelForm, largest: Int) -> [Range<Int>] {
        let most = largest / form.inputRows
        return panelBlocks(form.inputPanels(rows), largest: most, least: most / 4).map {
            $0.lowerBound * form.inputRows..<min(rows, $0.upperBound * form.inputRows)
        }
    }

    /// The panels of each task: `largest`, and down to `least` towards the end.
    static func panelBlocks(_ panels: Int, largest: Int, least: Int) -> [Range<Int>] {
        let width = Parallel.width
        var (blocks, first) = ([Range<Int>](), 0)
        while first < panels {
            let left = panels - first
            let count = width == 1 ? min(left, largest) : min(left, largest, max(1, least, left / (2 * width)))
            blocks.append(first..<first + count)
            first += count
        }
        return blocks
    }
}
