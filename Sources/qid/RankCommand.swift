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

            Windows are best spent on what this leaves open: 'qid rank MANIFEST --open FILE' and 'qid run FILE' evaluate the \
            lines that no other one is certain to beat in as few bits.
            """)

    @Argument(help: "A manifest with calibration text, or the lock of a run.")
    var manifest: String

    @Option(name: .customLong("open"), help: "Write a lock of the lines that are open or on the front.")
    var openLines: String?

    @OptionGroup var place: WorkspaceOption
    @OptionGroup var memory: MemoryOption

    @Flag(help: "Print one JSON document instead of a table.")
    var json = false

    func run() throws {
        try runStage("rank") { () throws(StageError) in
            let (text, status) = try rank(
                manifest: URL(filePath: manifest), workspace: Workspace.location(option: place.workspace),
                memory: memory.bytes, openLines: openLines.map { URL(filePath: $0) }, asJSON: json)
            print(text, terminator: "")
            return status
        }
    }
}
