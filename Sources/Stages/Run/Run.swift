package import FoundationEssentials
import JSON
package import Pipeline
import Records
import System

/// A manifest taken through all stages; each looks in the store and does only what is missing.
package struct Run: Sendable {
    let manifest: URL
    let location: URL
    private let pipeline: URL?

    package init(manifest: URL, workspace: URL, pipeline: URL?) {
        self.manifest = manifest
        location = workspace
        self.pipeline = pipeline
    }

    /// Runs the stages as processes of their own and says where the results are.
    package func perform() throws(StageError) -> ExitStatus {
        let pipeline = try pipelineFile()
        // Read before anything is done, so that a mistake in it costs nothing.
        let disk = try budget(pipeline)
        let workspace = try attempt { () throws(WorkspaceError) in try Workspace(creating: location) }
        var stages = StageSequence(StageRunner(pipeline: pipeline), workspace)
        try stages.perform(.ingest, on: manifest, disk.map { ["--disk", "\($0)B"] } ?? [])

        let resolution = try resolve(manifest: manifest, workspace: workspace)
        let run = try attempt { () throws(WorkspaceError) in try workspace.run(of: resolution.lock) }
        stages.run = run
        try run.note("run", ["version": .string(programVersion)])
        do throws(StageError) {
            try finish(resolution, &stages, run, in: workspace, pipeline, disk)
        } catch {
            // What stopped the run is said in any case; that it cannot be noted as well says nothing new.
            try? run.note("error", ["message": .string("\(error)")])
            throw error
        }
        try run.note("end", ["status": .integer(Int(stages.worst.rawValue))])
        print(try summary(of: run, workspace), terminator: "")
        return stages.worst
    }

    /// Measures what is missing, and records and reports where something is new.
    private func finish(
        _ resolution: Resolution, _ stages: inout StageSequence, _ run: RunDirectory, in workspace: Workspace,
        _ pipeline: PipelineFile, _ disk: Int?
    ) throws(StageError) {
        let (lock, cells) = (resolution.lock, resolution.lock.cells)
        for problem in resolution.problems {
            report("run: left out '\(problem.path)': \(problem.reason)")
            try run.note("left-out", ["path": .string(problem.path), "reason": .string(problem.reason)])
        }
        if !resolution.problems.isEmpty { stages.worst = .badInput }
        try measure(lock, cells, &stages, run, in: workspace, pipeline, disk)
        let state = try RunState(of: resolution, cells, in: workspace)
        if !state.unevaluated.isEmpty { stages.worst = .badInput }
        if try state.isReported(in: run, workspace) {
            report("run: nothing new: all of \(cells.count - state.unevaluated.count) cells are measured and reported")
            if try RunState.isDoubted(lock, in: workspace) { stages.worst = .badInput }
        } else {
            try recordWindowsUsed(in: run, lock, workspace)
            let headline = run.report.appending(path: headlineName)
            let before = try attempt { () throws(SystemError) in try FileStatus(headline) }
            for stage in [Stage.record, .fit] { try stages.perform(stage, on: run.lock) }
            if try attempt({ () throws(SystemError) in try FileStatus(headline) }) != before {
                try state.note(in: run)
            } else {
                report("run: no report was made of this; what follows is of the one before")
            }
        }
    }

    func pipelineFile() throws(StageError) -> PipelineFile {
        guard let pipeline else { return .local }
        return try attempt { () throws(ManifestError) in try PipelineFile(file: pipeline) }
    }

    /// Bytes that the workspace may hold, as pipeline or manifest say.
    func budget(_ pipeline: PipelineFile) throws(StageError) -> Int? {
        let manifest = try checkedManifest(manifest)
        return pipeline.disk ?? manifest?.disk
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
