import ArgumentParser
import Foundation
import Options
import Pipeline
import Stages

@main
struct FitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "qid-fit",
        abstract: "Fit scaling laws to the warehouse's measurements or to anybody's points, and report.")

    @OptionGroup var place: WorkspaceOption

    @Option(help: "A manifest or a lock: fit its cells and its laws, and make its predictions.")
    var manifest: String?

    @Option(help: "Directory for the report (default: the run's, or <workspace>/report).")
    var output: String?

    @Option(help: "A CSV file with a header: params,tokens,bits,qid or params,tokens,loss and more.")
    var points: String?

    @Option(help: "The law to fit to the points: a name, or an expression; several are ranked on the same points.")
    var law: [String] = []

    @Option(help: "linear, log, huber:DELTA or huber-log:DELTA (default: what suits the law).")
    var objective: String?

    @Option(help: "The scheme with effective parameters 1.")
    var reference: String?

    @Option(help: ArgumentHelp("Bounds of a parameter; may be given again.", valueName: "name=low:high"))
    var bounds: [String] = []

    @Option(
        help: ArgumentHelp(
            "Where the laws shall foretell; may be given again.", valueName: "params=N,tokens=D,bits=P"))
    var predict: [String] = []

    @Option(
        help: ArgumentHelp(
            "Also the tokens at which QiD reaches this, by size and bit width, and the fewest bits within it.",
            valueName: "nats"))
    var threshold: Double?

    @Flag(help: "Also the parameters' profile intervals and correlations.")
    var profiles = false

    @Flag(help: "Print one JSON document instead of a table.")
    var json = false

    func validate() throws {
        guard (points == nil) == law.isEmpty else { throw ValidationError("--points and --law go together") }
        guard points == nil || manifest == nil else {
            throw ValidationError("--points and --manifest exclude each other")
        }
        guard threshold.map({ $0 > 0 && $0.isFinite }) ?? true else {
            throw ValidationError("--threshold is a QiD above 0, in nats")
        }
        guard points != nil || (predict.isEmpty && threshold == nil && !profiles) else {
            throw ValidationError("--predict, --threshold and --profiles go with --points")
        }
    }

    func run() throws {
        try runStage("fit") { () throws(StageError) in
            if let points {
                let request = FitRequest(
                    points: URL(filePath: points), laws: law, objective: objective, reference: reference,
                    bounds: bounds, predictions: predict, threshold: threshold, profiles: profiles)
                print(try fit(request, asJSON: json), terminator: "")
                return .success
            }
            return try fit(
                workspace: Workspace.location(option: place.workspace), manifest: manifest.map { URL(filePath: $0) },
                output: output.map { URL(filePath: $0, directoryHint: .isDirectory) })
        }
    }
}
