package import FoundationEssentials
import JSON
package import Pipeline
import Records
import ScalingLaws
import System

/// A manifest taken through all stages; each looks in the store and does only what is missing.
package struct Run: Sendable {
    private let manifest: URL
    private let location: URL
    private let pipeline: URL?

    package init(manifest: URL, workspace: URL, pipeline: URL?) {
        self.manifest = manifest
        location = workspace
        self.pipeline = pipeline
    }

    /// Runs the stages as processes of their own and says where the results are.
    package func perform() throws(StageError) -> ExitStatus {
        let pipeline = try pipeline.map { (file) throws(StageError) in
            try attempt { () throws(ManifestError) in try PipelineFile(file: file) }
        }
        // Read before anything is done, so that a mistake in it costs nothing.
        try checkManifest()
        let workspace = try attempt { () throws(WorkspaceError) in try Workspace(creating: location) }
        let runner = StageRunner(pipeline: pipeline ?? .local)
        var worst = ExitStatus.success

        try perform(.ingest, on: manifest, runner, workspace, nil, &worst)
        let resolution = try resolve(manifest: manifest, workspace: workspace)
        let run = try attempt { () throws(WorkspaceError) in try workspace.run(of: resolution.lock) }
        for problem in resolution.problems { report("run: left out '\(problem.path)': \(problem.reason)") }
        if !resolution.problems.isEmpty { worst = .badInput }
        for stage in [Stage.quantize, .evaluate, .record, .fit] {
            try perform(stage, on: run.lock, runner, workspace, run, &worst)
            if stage == .evaluate { try recordWindowsUsed(in: run, resolution.lock, workspace) }
        }
        print(try summary(of: run, workspace), terminator: "")
        return worst
    }

    private func checkManifest() throws(StageError) {
        let locked = try readLock(manifest)?.laws
        let laws: [String]
        if let locked {
            laws = locked
        } else {
            laws = try attempt { () throws(ManifestError) in try Manifest(file: manifest) }.laws
        }
        for law in laws { _ = try attempt { () throws(ScalingLawsError) in try Laws.named(law) } }
    }

    /// Says what each stage would do.
    package func dryRun() throws(StageError) -> ExitStatus {
        let workspace = try attempt { () throws(WorkspaceError) in try Workspace(creating: location) }
        let requests = try IngestRequest.requests(manifest: manifest)
        var unread = 0
        for request in requests {
            for item in try request.items().sources where try item.known(in: workspace) == nil {
                print("ingest    \(item.path)")
                unread += 1
            }
        }
        guard unread == 0 else {
            print("the other stages depend on what these \(unread) hold")
            return .success
        }
        let lock = try resolve(manifest: manifest, workspace: workspace).lock
        var (steps, refused) = (0, 0)
        for cell in lock.cells {
            let name = "\(cell.checkpoint.digest.prefix(12)) \(cell.name)"
            guard try !exists(workspace.evaluation(cell.evaluation)) else { continue }
            guard try !workspace.isRefused(cell) else {
                refused += 1
                continue
            }
            if let compressed = cell.compressed, try !exists(workspace.compressed(compressed)) {
                print("quantize  \(name)")
            }
            print("evaluate  \(name)")
            steps += 1
        }
        let impossible = refused == 0 ? "" : "; \(refused) cells cannot be made, as an earlier run found"
        print(
            (steps == 0 ? "nothing to do" : "\(steps) of \(lock.cells.count) cells to do, then record and fit")
                + impossible)
        return .success
    }

    private func perform(
        _ stage: Stage, on manifest: URL, _ runner: StageRunner, _ workspace: Workspace, _ run: RunDirectory?,
        _ worst: inout ExitStatus
    ) throws(StageError) {
        try attempt { () throws(WorkspaceError) in try Interruption.check() }
        let arguments = ["--workspace", workspace.root.path] + (stage == .record ? [] : ["--manifest", manifest.path])
        let end = try attempt { () throws(WorkspaceError) in
            try runner.run(stage, arguments, logs: run?.directory.path ?? workspace.temporary.path)
        }
        try attempt { () throws(WorkspaceError) in
            try run?.append(
                "stage",
                JSONObject([
                    .init(key: "stage", value: .string(stage.rawValue)),
                    .init(key: "status", value: .integer(Int(end.shellStatus))),
                ]))
        }
        switch ExitStatus(end) {
        case .success: break
        case .badInput: worst = .badInput
        default: throw .stageFailed(stage, end)
        }
    }

    private func summary(of run: RunDirectory, _ workspace: Workspace) throws(StageError) -> String {
        let headline = try attempt { () throws(SystemError) in
            String(decoding: try readFile(run.report.appending(path: headlineName)), as: UTF8.self)
        }
        return """

            \(headline)
            report     \(run.report.appending(path: "index.html").path)
            warehouse  \(workspace.warehouse.path)
            lock       \(run.lock.path)

            """
    }
}

/// The report's first paragraph as plain text.
let headlineName = "headline.txt"
