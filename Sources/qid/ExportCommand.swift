import ArgumentParser
import FoundationEssentials
import Options
import Pipeline
import Stages

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the warehouse's views, or its evaluations in others' schemas, as files.",
        discussion: """
            csv and jsonl write a file for each view (\(exportedViews.joined(separator: ", ")), or those that are named). lm-eval and \
            every-eval-ever write a file for each evaluation, named by its key.
            """)

    @Argument(help: "Views (default: all that are for questions).")
    var views: [String] = []

    @Option(help: "The directory to write into.")
    var output: String

    @Option(help: "csv, jsonl, lm-eval or every-eval-ever.")
    var format: ExportFormat = .csv

    @OptionGroup var place: WorkspaceOption

    func run() throws {
        try runStage("export") { () throws(StageError) in
            print(
                try export(
                    views, of: Workspace.location(option: place.workspace), as: format,
                    into: URL(filePath: output, directoryHint: .isDirectory)), terminator: "")
            return .success
        }
    }
}

extension ExportFormat: ExpressibleByArgument {}
