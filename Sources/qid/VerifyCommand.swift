import ArgumentParser
import FoundationEssentials
import Options
import Pipeline
import Stages

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Repeat a run from its lock, from the archives on, and compare every digest and loss.")

    @Argument(help: "The run's manifest.lock.yaml.")
    var lock: String

    @OptionGroup var place: WorkspaceOption

    func run() throws {
        try runStage("verify") { () throws(StageError) in
            try verify(lock: URL(filePath: lock), workspace: Workspace.location(option: place.workspace))
        }
    }
}
