import ArgumentParser
import Options
import Pipeline
import Stages

struct CollectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Free disk space: what crashes left behind, and compressed checkpoints that no run asks for.",
        discussion: "Evaluations, checkpoints and the warehouse stay.")

    @OptionGroup var place: WorkspaceOption

    @Flag(help: "Also compressed checkpoints whose evaluations are all there; a later run makes them again.")
    var measured = false

    @Flag(help: "Say what would go and let it stay.")
    var dryRun = false

    func run() throws {
        try runStage("gc") { () throws(StageError) in
            print(
                try collect(workspace: Workspace.location(option: place.workspace), measured: measured, dryRun: dryRun),
                terminator: "")
            return .success
        }
    }
}
