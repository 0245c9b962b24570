import ArgumentParser
import FoundationEssentials
import Options
import Pipeline
import Stages

@main
struct RecordCommand: ParsableCommand {
    static func main() { runProgram(Self.self) }

    static let configuration = CommandConfiguration(
        commandName: "qid-record",
        abstract: "Put evaluations into the warehouse, one transaction each; what is there already stays as it is.")

    @OptionGroup var place: WorkspaceOption

    @Argument(help: "Evaluation files (default: all in the store).")
    var evaluations: [String] = []

    func run() throws {
        try runStage("record") { () throws(StageError) in
            try record(
                evaluations: evaluations.map { URL(filePath: $0) },
                workspace: Workspace.location(option: place.workspace))
        }
    }
}
