import FoundationEssentials
import Kernels
package import Pipeline
import Presentation
import Records
import System

extension Run {
    /// Says what each stage would do and what that costs, and does nothing.
    package func dryRun() throws(StageError) -> ExitStatus {
        let pipeline = try pipelineFile()
        let disk = try budget(pipeline)
        let workspace = try attempt { () throws(WorkspaceError) in try Workspace(creating: location) }
        guard try ingested(in: workspace) else { return .success }
        let lock = try resolve(manifest: manifest, workspace: workspace).lock
        let (cells, contents) = (lock.cells, try StoreContents(workspace))
        let turns = try MeasurementTurns(of: lock, cells, in: workspace, pipeline, disk).turns
        let (missing, refused) = try workspace.missing(of: cells, contents)
        for cell in missing.map({ cells[$0] }) {
            let name = "\(cell.checkpoint.digest.prefix(12)) \(cell.name)"
            if !contents.isCompressed(cell) { print("quantize  \(name)") }
            print("evaluate  \(name)")
        }
        let impossible = refused == 0 ? "" : "; \(refused) cells cannot be made, as an earlier run found"
        guard !missing.isEmpty else {
            print("nothing to do" + impossible)
            return .success
        }
        print("\(missing.count) of \(cells.count) cells to do, then record and fit" + impossible)
        print(try cost(of: turns, lock, in: workspace), terminator: "")
        return .success
    }

    /// Whether all that the archives hold is in the store; says what is not.
    private func ingested(in workspace: Workspace) throws(StageError) -> Bool {
        var unread = 0
        let requests = try IngestRequest.requests(manifest: manifest)
        for item in try ArchiveSearch(requests, in: workspace).items where item.known == nil {
            print("ingest    \(item.path)")
            unread += 1
        }
        if unread > 0 { print("the other stages depend on what these \(unread) hold") }
        return unread == 0
    }

    private func cost(of turns: [MeasurementTurns.Turn], _ lock: Lock, in workspace: Workspace) throws(StageError)
        -> String
    {
        let rate = productRate()
        let free = try attempt { () throws(SystemError) in try freeByteCount(at: workspace.root) }
        let largest = turns.map(\.byteCount).max() ?? 0
        let parameters = lock.checkpoints.map { $0.record.size.parameters * $0.record.bytesPerParameter }.max() ?? 0
        return """
            time    about \(duration(turns.reduce(0) { $0 + $1.work } / rate)) to evaluate, at \(Figures.significant(rate / 1e9, digits: 2)) billion \
            operations a second as measured now; compressing and calibrating come on top
            disk    compressed forms of \(bytesText(turns.reduce(0) { $0 + $1.byteCount })) at the most, \(bytesText(largest)) at a time in \
            \(turns.count) turns; \(bytesText(free)) are free
            memory  what --memory gives for activations, and mapped weights: \(bytesText(parameters)) for the largest \
            checkpoint and at the most as much for each of its \(lock.specs.count) specs

            """
    }

    /// Operations of matrix products a second that this machine does now.
    private func productRate() -> Double {
        let (x, weight, out) = (
            Matrix(rows: 512, columns: 512), Matrix(rows: 2048, columns: 512), Matrix(rows: 512, columns: 2048)
        )
        let product = 2.0 * 512 * 512 * 2048
        let start = Clock.seconds
        var count = 0.0
        while Clock.seconds - start < 0.25 || count < 2 {
            multiply(x.view, DenseMatrix(weight), into: out.view)
            count += 1
        }
        return count * product / (Clock.seconds - start)
    }

    private func duration(_ seconds: Double) -> String {
        switch seconds {
        case ..<90: "\(max(1, Int(seconds.rounded()))) s"
        case ..<5400: "\(Int((seconds / 60).rounded())) min"
        default: "\(Figures.significant(seconds / 3600, digits: 2)) h"
        }
    }
}
