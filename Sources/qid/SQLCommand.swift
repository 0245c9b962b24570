import ArgumentParser
import Options
import Pipeline
import Stages
import Warehouse

struct SQLCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql",
        abstract: "Ask the warehouse, in SQL; the views are qid, loss, law, forecast and trace.")

    @Argument(help: "A query, such as 'SELECT params, tokens, bits, qid FROM qid'.")
    var query: String

    @Option(help: "How to print the rows.")
    var format: AnswerFormat = .table

    @OptionGroup var place: WorkspaceOption

    func run() throws {
        try runStage("sql") { () throws(StageError) in
            print(
                try ask(query, of: Workspace.location(option: place.workspace), as: format), terminator: "")
            return .success
        }
    }
}

extension AnswerFormat: ExpressibleByArgument {}
