import ArgumentParser
import Compression
import FoundationEssentials
import Options
import Pipeline
import Records
import Stages

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Foretell what specs cost a checkpoint, from its quantization and one probe; none is evaluated.",
        discussion: """
            Each spec's errors of layers are measured on the calibration text; Gaussian noise in all layers, evaluated on some \
            windows of the shard, says how much the model minds such errors. With --workspace, what its cells cost says \
            how well that holds (the law kl-distortion); else damage is taken to be in proportion to the errors.

            With --params and --tokens instead of a checkpoint: what specs would cost a model that is not there yet, from how \
            sensitivity grows over the probes of a workspace, and the errors that the specs make in its checkpoints.
            """)

    @Option(help: "A Hugging Face directory with 16- or 32-bit weights.")
    var checkpoint: String?

    @Option(help: "Instead of a checkpoint: the non-embedding parameters of a model that is not there yet.")
    var params: Double?

    @Option(help: "With --params: its training tokens.")
    var tokens: Double?

    @Option(help: "With --params: the family whose probes tell (default: that with the most measurements).")
    var family: String?

    @Option(
        help: ArgumentHelp(
            "Keys and values as in a manifest: method=rtn,bits=4,group=128,symmetric=false; may be given again.",
            valueName: "spec"))
    var spec: [String]

    @Option(help: "The held-out text that damage is foretold for.")
    var shard: String?

    @Option(help: "The text on which outputs of layers are compared.")
    var calibration: String?

    @Option(help: "A tokenizer.json instead of the one beside the checkpoint.")
    var tokenizer: String?

    @Option(help: "Tokens a window, of either text.")
    var context = Manifest.Calibration.usualContext

    @Option(help: "Windows of the shard that the probe scores.")
    var windows = ProbeRecord.windows

    @Option(help: "Windows of the calibration text.")
    var calibrationWindows = 32

    @Option(help: "A workspace whose measurements say how well such predictions hold.")
    var workspace: String?

    @OptionGroup var memory: MemoryOption

    @Flag(help: "Print one JSON document instead of a table.")
    var json = false

    func validate() throws {
        guard !spec.isEmpty else { throw ValidationError("--spec names what is foretold") }
        if params != nil || tokens != nil {
            guard let params, let tokens, params > 0, tokens > 0, params.isFinite, tokens.isFinite else {
                throw ValidationError("--params and --tokens go together, both above 0")
            }
            guard checkpoint == nil, shard == nil, calibration == nil else {
                throw ValidationError("--params excludes --checkpoint, --shard and --calibration")
            }
        } else {
            guard checkpoint != nil, shard != nil, calibration != nil else {
                throw ValidationError("--checkpoint, --shard and --calibration are needed, or --params and --tokens")
            }
            guard family == nil else { throw ValidationError("--family goes with --params") }
        }
        guard context >= 2 else { throw ValidationError("--context must be at least 2") }
        guard windows >= 2, calibrationWindows >= 1 else {
            throw ValidationError("--windows must be at least 2, --calibration-windows at least 1")
        }
    }

    func run() throws {
        try runStage("predict") { () throws(StageError) in
            var specs: [Spec] = []
            for text in spec { specs.append(try Stages.spec(text: text)) }
            guard let checkpoint, let shard, let calibration else {
                let request = UnseenRequest(
                    params: params ?? 0, tokens: tokens ?? 0, specs: specs,
                    workspace: Workspace.location(option: workspace), family: family)
                print(try predictUnseen(request, asJSON: json), terminator: "")
                return .success
            }
            let request = DamageRequest(
                checkpoint: URL(filePath: checkpoint, directoryHint: .isDirectory), specs: specs,
                shard: URL(filePath: shard), context: context, windows: windows,
                calibration: CalibrationRequest(
                    Manifest.Calibration(
                        shard: URL(filePath: calibration), context: context, windows: calibrationWindows),
                    tokenizer: tokenizer.map { URL(filePath: $0) }),
                workspace: workspace.map { URL(filePath: $0, directoryHint: .isDirectory) }, memory: memory.bytes)
            print(try predictDamage(request, asJSON: json), terminator: "")
            return .success
        }
    }
}
