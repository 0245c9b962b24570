import ArgumentParser
import FoundationEssentials
import Options
import Pipeline
package import Records
import ScalingLaws
import Stages

package struct FitCommand: StageCommand {
    package static let stage = Stage.fit
    package static let abstract =
        "Fit scaling laws to the warehouse's measurements or to a table of points, and report."
    package static let discussion = """
        Without --law, a manifest's laws (or kl-unified, kl-per-bit and qid-unified) are fitted to the warehouse, recorded and reported.
        With --law, laws are fitted to --points, or to every scheme of the warehouse, and printed; nothing is recorded.

        Laws:
        \(lawHelp)

        A law of your own is an expression in params (N), tokens (D), bits (P), group, sparsity, activation_bits, with
        + - * / ^ exp log log2 log10 sqrt tanh, in any other numeric column (params_total, width, depth, loss16, …) and in
        parameters: letters such as k, E, alpha, others with --bounds. Before it 'kl =', 'qid =' or 'loss =' where it does
        not show; a parameter for each level of a column as eff[scheme], k[bits] or k[phase]:
          --law "loss = E + A/params^a + B/tokens^b" --bounds E=0: --bounds a=0:1

        Objectives (residuals r of the quantity, or of its logarithm):
          linear          least squares, over the standard errors where every point has one (kl_stderr, qid_stderr)
          log             least squares of ln(measured/law): relative errors
          huber:DELTA     r squared up to DELTA, |r| beyond: outliers count less
          huber-log:DELTA the same of ln(measured/law), as Chinchilla's 1e-3
        """

    package init() {}

    @OptionGroup var place: WorkspaceOption

    @Option(help: "A manifest or a lock: fit its cells and its laws, and make its predictions.")
    var manifest: String?

    @Option(help: "Directory for the report (default: the run's, or <workspace>/report).")
    var output: String?

    @Option(help: "A CSV file with a header: params,tokens,bits,kl or qid, or params,tokens,loss, and more.")
    var points: String?

    @Option(help: "The law to fit to the points: a name, or an expression; several are ranked on the same points.")
    var law: [String] = []

    @Option(help: "linear, log, huber:DELTA or huber-log:DELTA (default: what suits the law).")
    var objective: String?

    @Option(help: "The scheme with effective parameters 1.")
    var reference: String?

    @Option(
        help: ArgumentHelp(
            "Fit checkpoints of this phase of the learning rate, or all (default: the phase of most checkpoints).",
            valueName: "phase"))
    var phase: String?

    @Option(help: ArgumentHelp("Bounds of a parameter; may be given again.", valueName: "name=low:high"))
    var bounds: [String] = []

    @Option(
        help: ArgumentHelp(
            "Where the laws predict; may be given again.", valueName: "params=N,tokens=D,bits=P"))
    var predict: [String] = []

    @Option(
        help: ArgumentHelp(
            "Also the tokens at which QiD reaches this, by size and bit width, and the fewest bits within it.",
            valueName: "nats"))
    var threshold: Double?

    @Flag(
        help:
            "Also the tokens beyond which more training makes compressed models worse: the minimum of 16-bit loss + QiD."
    )
    var critical = false

    @Flag(help: "Also the size N at which a bit width and 16 bits have the same loss in the same memory.")
    var equalMemory = false

    @Option(
        help: ArgumentHelp(
            "Also which bit width is best for weights of so many bytes: N and bits by loss.", valueName: "4GB"))
    var bytes: String?

    @Option(help: "The law of the 16-bit loss for --critical, --equal-memory and --bytes (default: chinchilla).")
    var baseline: String?

    @Flag(help: "Also whether N should be params, params_total, width, or width and depth, by sizes held out.")
    var whichN = false

    @Flag(help: "Also the parameters' profile intervals and correlations.")
    var profiles = false

    @Flag(help: "Print one JSON document instead of a table.")
    var json = false

    package func validate() throws {
        guard points == nil || !law.isEmpty else { throw ValidationError("--points needs a --law") }
        guard manifest == nil || (points == nil && law.isEmpty) else {
            throw ValidationError("--manifest excludes --points and --law: it names its laws itself")
        }
        guard threshold.map({ $0 > 0 && $0.isFinite }) ?? true else {
            throw ValidationError("--threshold is a QiD above 0, in nats")
        }
        let asks =
            !predict.isEmpty || threshold != nil || critical || equalMemory || bytes != nil || whichN || profiles
            || json
        guard !law.isEmpty || !asks else {
            throw ValidationError(
                "--predict, --threshold, --critical, --equal-memory, --bytes, --which-n, --profiles and --json ask a --law"
            )
        }
        guard phase.map({ PhaseChoice($0) != nil }) ?? true else {
            let known = ["all"] + LearningRatePhase.allCases.map(\.rawValue)
            throw ValidationError("--phase is one of \(known.joined(separator: ", "))")
        }
        guard baseline == nil || critical || equalMemory || bytes != nil else {
            throw ValidationError("--baseline goes with --critical, --equal-memory and --bytes")
        }
        guard bytes.map({ ByteSize($0) != nil }) ?? true else {
            throw ValidationError("--bytes is \(ByteSize.expected)")
        }
    }

    package func run() throws {
        try runStage("fit") { () throws(StageError) in
            if !law.isEmpty {
                let request = FitRequest(
                    source: points.map { .file(URL(filePath: $0)) }
                        ?? .workspace(Workspace.location(option: place.workspace)),
                    laws: law, objective: objective, reference: reference,
                    phases: phase.flatMap { PhaseChoice($0) } ?? .most, bounds: bounds, predictions: predict,
                    threshold: threshold, critical: critical, equalMemory: equalMemory,
                    bytes: bytes.flatMap { ByteSize($0) }.map { Double($0.bytes) }, baseline: baseline,
                    whichN: whichN, profiles: profiles)
                print(try fit(request, asJSON: json), terminator: "")
                return .success
            }
            return try fit(
                workspace: Workspace.location(option: place.workspace), manifest: manifest.map { URL(filePath: $0) },
                output: output.map { URL(filePath: $0, directoryHint: .isDirectory) })
        }
    }
}
