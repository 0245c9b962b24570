import ArgumentParser
import FoundationEssentials
import Options
import Pipeline
import Stages

struct RankCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rank",
        abstract: "Order a manifest's specs by what they are foretold to cost, before anything is evaluated.",
        discussion: """
            Each checkpoint is compressed by every spec, the errors of its layers are measured on the manifest's calibration \
            text, and it is probed with noise; what that gives stays in the workspace, where a run of the manifest finds it.
            """)

    @Argument(help: "A manifest with calibration text, or the lock of a run.")
    var manifest: String

    @OptionGroup var place: WorkspaceOption
    @OptionGroup var memory: MemoryOption

    @Flag(help: "Print one JSON document instead of a table.")
    var json = false

    func run() throws {
        try runStage("rank") { () throws(StageError) in
            let (text, status) = try rank(
                manifest: URL(filePath: manifest), workspace: Workspace.location(option: place.workspace),
                memory: memory.bytes, asJSON: json)
            print(text, terminator: "")
            return status
        }
    }
}
