import Pipeline
import Records

/// What the store held of a run's cells when its directories were listed.
struct StoreContents {
    private let evaluations: Set<String>
    private let compressed: Set<String>
    private let distortions: Set<String>
    private let probes: Set<String>

    init(_ workspace: Workspace) throws(StageError) {
        evaluations = Set(try names(in: workspace.evaluations))
        compressed = Set(try names(in: workspace.compressed))
        distortions = Set(try namesIfPresent(in: workspace.distortions))
        probes = Set(try namesIfPresent(in: workspace.probes))
    }

    func isEvaluated(_ cell: Cell) -> Bool { evaluations.contains(cell.evaluation.text + ".json") }

    /// Whether the errors of a cell's layers are known, if there are any to know.
    func isDistortionKnown(of cell: Cell) -> Bool {
        cell.distortion.map { distortions.contains($0.key.text + ".json") } ?? true
    }

    /// Whether a cell's checkpoint is probed, if it is to be.
    func isProbed(_ cell: Cell) -> Bool { cell.probe.map { probes.contains($0.key.text + ".json") } ?? true }

    /// Whether all that a run asks of a cell is in the store.
    func isMeasured(_ cell: Cell, for lock: Lock) -> Bool {
        isEvaluated(cell) && (!lock.needsDistortions || (isDistortionKnown(of: cell) && isProbed(cell)))
    }

    /// Whether the compressed checkpoint that a cell reads is there; a baseline reads none.
    func isCompressed(_ cell: Cell) -> Bool { cell.compressed.map { compressed.contains($0.text) } ?? true }
}

extension Workspace {
    /// What of a run's cells is still to be measured, and how many cannot be.
    func missing(of cells: [Cell], _ contents: StoreContents) throws(StageError) -> (cells: [Int], refused: Int) {
        var (missing, refused): ([Int], Int) = ([], 0)
        for (index, cell) in cells.enumerated() where !contents.isEvaluated(cell) {
            if try isRefused(cell) { refused += 1 } else { missing.append(index) }
        }
        return (missing, refused)
    }
}
