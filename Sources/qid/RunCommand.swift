import ArgumentParser
import FoundationEssentials
import Options
import Pipeline
import Stages

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a manifest through all stages; only what is missing is done.")

    @Argument(help: "A manifest, or the lock of an earlier run.")
    var manifest: String

    @Option(help: "Where each stage runs (default: all on this machine).")
    var pipeline: String?

    @OptionGroup var place: WorkspaceOption

    @Flag(help: "Say what would be done and do nothing.")
    var dryRun = false

    func run() throws {
        try runStage("run") { () throws(StageError) in
            let run = Run(
                manifest: URL(filePath: manifest), workspace: Workspace.location(option: place.workspace),
                pipeline: pipeline.map { URL(filePath: $0) })
            return try dryRun ? run.dryRun() : run.perform()
        }
    }
}
