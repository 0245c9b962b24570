import ArgumentParser
import FoundationEssentials
import JSON
import Options
import Pipeline
import Stages
import System

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say what the workspace holds, what its runs still miss, and what the last one did.")

    @OptionGroup var place: WorkspaceOption

    @Flag(help: "Print one JSON document.")
    var json = false

    @Flag(help: "Say it again every few seconds until it is interrupted.")
    var watch = false

    @Option(help: "Also write the numbers to this file, for node_exporter's textfile collector.")
    var metrics: String?

    func run() throws {
        try runStage("status") { () throws(StageError) in
            repeat {
                let status = try WorkspaceStatus(Workspace.location(option: place.workspace))
                if let metrics { try status.writeMetrics(to: URL(filePath: metrics)) }
                // On a terminal the screen begins anew each time.
                if watch, StandardError.isTerminal { print("\u{1B}[H\u{1B}[2J", terminator: "") }
                print(json ? status.json.prettyText + "\n" : status.text, terminator: "")
                if watch { try waitForNextLook() }
            } while watch
            return .success
        }
    }

    /// Waits some seconds; a signal ends the command.
    private func waitForNextLook() throws(StageError) {
        StandardOutput.flush()
        Clock.sleep(seconds: 2)
        do throws(WorkspaceError) { try Interruption.check() } catch { throw .workspace(error) }
    }
}
