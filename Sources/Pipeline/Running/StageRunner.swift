import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Runs stages as processes of their own, by the engine that a pipeline names for each.
package struct StageRunner: Sendable {
    private let pipeline: PipelineFile

    package init(pipeline: PipelineFile) {
        self.pipeline = pipeline
    }

    /// Tells a stage that it is part of a run and ends with it.
    package static let runVariable = "QID_RUN"

    /// The path of a stage's executable, which lies beside the running one.
    package static func executable(of stage: Stage) -> String {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(filePath: own).deletingLastPathComponent().appending(path: stage.command).path
    }

    /// Runs a stage to its end and returns its exit status; its messages go where ours go, those of Slurm tasks to
    /// files in the directory `logs`.
    ///
    /// A local stage finds `variables` in its environment.
    package func run(
        _ stage: Stage, _ arguments: [String], variables: [String: String] = [:], logs: String
    ) throws(WorkspaceError) -> Int32 {
        let command = Self.executable(of: stage)
        switch pipeline[stage] {
        case .local(let resources):
            var environment = ProcessInfo.processInfo.environment
            environment.merge(variables) { $1 }
            environment[Self.runVariable] = "1"
            if let threads = resources.threads { environment["QID_THREADS"] = String(threads) }
            return try launch(command, arguments, environment).status
        case .slurm(let resources):
            return try submit(stage, [command] + arguments, resources, logs: logs)
        }
    }

    /// Submits one array job whose tasks share out the cells, and waits for it.
    private func submit(
        _ stage: Stage, _ command: [String], _ resources: PipelineFile.Slurm, logs: String
    ) throws(WorkspaceError) -> Int32 {
        let line = command.map(Self.quoted).joined(separator: " ")
        var arguments = ["--parsable", "--wait", "--job-name=\(stage.command)", "--array=0-\(resources.tasks - 1)"]
        arguments.append("--output=\(logs)/\(stage.rawValue)-%a.log")
        arguments += resources.options
        arguments += ["--wrap", "exec \(line) --cells \"$SLURM_ARRAY_TASK_ID/\(resources.tasks)\""]
        report("\(stage.rawValue): \(resources.tasks) Slurm tasks")
        let (status, output) = try launch("/usr/bin/env", ["sbatch"] + arguments, nil, capturing: true)
        if Interruption.current.isRequested, let job = output.split(separator: "\n").first {
            _ = try launch("/usr/bin/env", ["scancel", String(job)], nil)
            throw .stopped
        }
        return status
    }

    private func launch(
        _ path: String, _ arguments: [String], _ environment: [String: String]?, capturing: Bool = false
    ) throws(WorkspaceError) -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        if let environment { process.environment = environment }
        let pipe = capturing ? Pipe() : nil
        if let pipe { process.standardOutput = pipe }
        do { try process.run() } catch { throw .cannotRead(path: path, code: ENOENT) }
        Interruption.current.forward(to: process.processIdentifier)
        defer { Interruption.current.forward(to: nil) }
        let output = (try? pipe?.fileHandleForReading.readToEnd()).flatMap { $0 } ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    /// A word as a shell reads it back unchanged.
    private static func quoted(_ word: String) -> String {
        "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }
}
