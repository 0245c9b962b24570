import FoundationEssentials
package import Records
package import System

/// Runs stages as processes of their own, by the engine that a pipeline names for each.
package struct StageRunner: Sendable {
    private let pipeline: PipelineFile

    package init(pipeline: PipelineFile) {
        self.pipeline = pipeline
    }

    /// Tells a stage that it is part of a run and ends with it, and where the run notes what happens.
    package static let runVariable = "QID_RUN"

    /// The path of a stage's executable, which lies beside the running one.
    package static func executable(of stage: Stage) -> String {
        URL(filePath: Surroundings.executable).deletingLastPathComponent().appending(path: stage.command).path
    }

    /// Runs a stage to its end and says how it ended; its messages go where ours go, those of Slurm tasks to
    /// files in the directory `logs`.
    ///
    /// A local stage finds `variables` in its environment.
    package func run(
        _ stage: Stage, _ arguments: [String], variables: [String: String] = [:], logs: String
    ) throws(WorkspaceError) -> ProcessEnd {
        let command = Self.executable(of: stage)
        switch pipeline[stage] {
        case .local(let resources):
            var environment = Surroundings.variables
            environment.merge(variables) { $1 }
            environment[Self.runVariable] = logs
            if let threads = resources.threads { environment["QID_THREADS"] = String(threads) }
            return try WorkspaceError.attempt { () throws(SystemError) in
                try Command(command, arguments, environment: environment, listens: true).run()
            }
        case .slurm(let resources):
            return try submit(stage, [command] + arguments, resources, logs: logs)
        }
    }

    /// Submits one array job whose tasks share out the cells, and waits for it.
    private func submit(
        _ stage: Stage, _ command: [String], _ resources: PipelineFile.Slurm, logs: String
    ) throws(WorkspaceError) -> ProcessEnd {
        let line = command.map(Self.quoted).joined(separator: " ")
        var arguments = ["--parsable", "--wait", "--job-name=\(stage.command)", "--array=0-\(resources.tasks - 1)"]
        arguments.append("--output=\(logs)/\(stage.rawValue)-%a.log")
        arguments += resources.options
        arguments += ["--wrap", "exec \(line) --cells \"$SLURM_ARRAY_TASK_ID/\(resources.tasks)\""]
        report("\(stage.rawValue): \(resources.tasks) Slurm tasks")
        let end = try WorkspaceError.attempt { () throws(SystemError) in
            let (end, output) = try Command("sbatch", arguments).capture()
            let job = String(decoding: output, as: UTF8.self).split(separator: "\n").first
            if Interruption.isRequested, let job { _ = try Command("scancel", [String(job)]).run() }
            return end
        }
        try Interruption.check()
        return end
    }

    /// A word as a shell reads it back unchanged.
    private static func quoted(_ word: String) -> String {
        "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
