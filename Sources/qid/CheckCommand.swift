import ArgumentParser
import FoundationEssentials
import Options
import Pipeline
import Stages

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say what a manifest asks for, or which line is wrong; needs no workspace and does nothing.")

    @Argument(help: "A manifest, or the lock of an earlier run.")
    var manifest: String

    @Option(help: "A pipeline file to be checked with it.")
    var pipeline: String?

    func run() throws {
        try runStage("check") { () throws(StageError) in
            try check(manifest: URL(filePath: manifest), pipeline: pipeline.map { URL(filePath: $0) })
        }
    }
}
