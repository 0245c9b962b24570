import ArgumentParser
import Options
import Pipeline
import Stages

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say what the workspace holds and what its runs still miss.")

    @OptionGroup var place: WorkspaceOption

    func run() throws {
        try runStage("status") { () throws(StageError) in
            print(try status(of: Workspace.location(option: place.workspace)), terminator: "")
            return .success
        }
    }
}
