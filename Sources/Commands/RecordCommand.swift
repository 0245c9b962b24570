import ArgumentParser
import FoundationEssentials
import Options
import Pipeline
package import Records
import Stages

package struct RecordCommand: StageCommand {
    package static let stage = Stage.record
    package static let abstract =
        "Put evaluations into the warehouse, one transaction each; what is there already stays as it is."

    package init() {}

    @OptionGroup var place: WorkspaceOption

    @Argument(help: "Evaluation files (default: all in the store).")
    var evaluations: [String] = []

    package func run() throws {
        try runStage("record") { () throws(StageError) in
            try record(
                evaluations: evaluations.map { URL(filePath: $0) },
                workspace: Workspace.location(option: place.workspace))
        }
    }
}
