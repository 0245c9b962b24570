import ArgumentParser
import FoundationEssentials
import JSON
import Options
import Pipeline
import Stages

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Print a run's report in another form, or what differs between two runs.")

    @Argument(help: "A run's directory, or its name in the workspace (default: the last run that has a report).")
    var place: String?

    @Option(help: "markdown, html, json, tex (tables and TikZ pictures for a paper) or csv (a row for each cell).")
    var format: ReportFormat?

    @Option(
        help: ArgumentHelp(
            "Write each chart into this directory, as PDF and as SVG; the report is printed if --format asks for it.",
            valueName: "directory"))
    var figures: String?

    @Option(
        help: ArgumentHelp(
            "Say what changed since this run: which cells moved beyond their errors, which laws; Markdown or json.",
            valueName: "run"))
    var compare: String?

    @OptionGroup var workspace: WorkspaceOption

    func validate() throws {
        guard compare == nil || [nil, .markdown, .json].contains(format) else {
            throw ValidationError("--compare prints Markdown or --format json")
        }
        guard compare == nil || figures == nil else {
            throw ValidationError("--figures writes the charts of one run, and --compare draws none")
        }
    }

    func run() throws {
        try runStage("report") { () throws(StageError) in
            let location = Workspace.location(option: workspace.workspace)
            if let figures {
                let directory = URL(filePath: figures, directoryHint: .isDirectory)
                let written = try Stages.figures(of: place, workspace: location, into: directory)
                guard format != nil else {
                    print(written, terminator: "")
                    return .success
                }
            }
            guard let compare else {
                print(try report(of: place, workspace: location, as: format ?? .markdown), terminator: "")
                return .success
            }
            let comparison = try comparison(of: compare, with: place, workspace: location)
            print(format == .json ? comparison.json.prettyText + "\n" : comparison.text, terminator: "")
            return .success
        }
    }
}

extension ReportFormat: ExpressibleByArgument {}
