import ArgumentParser
import FoundationEssentials
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
            The law is fitted to what is recorded; run the manifest first. A law of QiD has a cell for each checkpoint and \
            bit width, degraded-loss one for 16 bits as well, and a law of the 16-bit loss (chinchilla, kaplan) one for each \
            checkpoint. Laws of models trained under compression (effective-parameters, capacity, sparsity) have no cells to \
            plan: all that they lack has to be trained.
            """)

    @Argument(help: "A manifest, or the lock of a run.")
    var manifest: String

    @OptionGroup var place: WorkspaceOption

    @Option(
        help: ArgumentHelp(
            "Evaluation time to spend: 1 is the average cell of the manifest (default: 10).", valueName: "cells"))
    var budget: Double?

    @Option(
        help: ArgumentHelp(
            "Say instead what it takes until predictions are known this well: of more bit widths, checkpoints, seeds or sizes.",
            valueName: "20%"))
    var within: Share?

    @Option(help: "The law to plan with (default: the manifest's first of QiD, else of loss).")
    var law: String?

    @Flag(help: "Only checkpoints that the archives hold.")
    var archived = false

    @Flag(help: "Also the sizes and tokens that the predictions name; someone would have to train those models.")
    var beyond = false

    @Flag(help: "Print one JSON document instead of a table.")
    var json = false

    func validate() throws {
        guard (budget ?? 1) > 0, (budget ?? 1).isFinite else {
            throw ValidationError("--budget is a positive number of cells")
        }
        guard within == nil || budget == nil && !archived && !beyond else {
            throw ValidationError("--within excludes --budget, --archived and --beyond")
        }
        guard !archived || !beyond else { throw ValidationError("--archived and --beyond exclude each other") }
    }

    func run() throws {
        try runStage("plan") { () throws(StageError) in
            let request = PlanRequest(
                manifest: URL(filePath: manifest), goal: within.map { .within($0.value) } ?? .budget(budget ?? 10),
                law: law,
                onlyHeld: archived, goesBeyond: beyond)
            print(
                try plan(request, workspace: Workspace.location(option: place.workspace), asJSON: json),
                terminator: "")
            return .success
        }
    }
}
