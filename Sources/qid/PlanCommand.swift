import ArgumentParser
import Foundation
import Options
import Pipeline
import Stages

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Say which cells to measure next so that a manifest's predictions become narrower.",
        discussion: """
            Cells are those of checkpoints that the manifest's archives hold, also of steps that it leaves out and bit \
            widths that it does not name, and of checkpoints missing from the grid of sizes and tokens that they span. \
            The law is fitted to what is recorded; run the manifest first. Plans are for laws of QiD: every cell measures the \
            16-bit loss of its checkpoint as well, so a law of loss gets narrower by checkpoints alone, and those have to be \
            trained.
            """)

    @Argument(help: "A manifest, or the lock of a run.")
    var manifest: String

    @OptionGroup var place: WorkspaceOption

    @Option(
        help: ArgumentHelp("Evaluation time to spend: 1 is the average cell of the manifest.", valueName: "cells"))
    var budget = 10.0

    @Option(help: "The law of QiD to plan with (default: the manifest's first).")
    var law: String?

    @Flag(help: "Only checkpoints that the archives hold.")
    var archived = false

    @Flag(help: "Also the sizes and tokens that the predictions name; someone would have to train those models.")
    var beyond = false

    @Flag(help: "Print one JSON document instead of a table.")
    var json = false

    func validate() throws {
        guard budget > 0, budget.isFinite else { throw ValidationError("--budget is a positive number of cells") }
        guard !archived || !beyond else { throw ValidationError("--archived and --beyond exclude each other") }
    }

    func run() throws {
        try runStage("plan") { () throws(StageError) in
            let request = PlanRequest(
                manifest: URL(filePath: manifest), budget: budget, law: law, onlyHeld: archived, goesBeyond: beyond)
            print(
                try plan(request, workspace: Workspace.location(option: place.workspace), asJSON: json),
                terminator: "")
            return .success
        }
    }
}
