import ArgumentParser
import Compression
import FoundationEssentials
import Options
import Pipeline
package import Records
import Stages

package struct QuantizeCommand: StageCommand {
    package static let stage = Stage.quantize
    package static let abstract =
        "Compress a checkpoint, or every checkpoint of a manifest, at each of its specs."
    package static let discussion = """
        The output is a Hugging Face directory in the compressed-tensors layout, which transformers loads, with a \
        provenance.json beside it.
        """

    package init() {}

    @Option(help: "A Hugging Face directory with 16- or 32-bit safetensors weights.")
    var checkpoint: String?

    @OptionGroup var spec: SpecOptions

    @Option(
        help:
            "Text (.jsonl, .txt, also .gz or .zst) or token ids (.npy) for methods that look at activations (\(Self.methodsWithText))."
    )
    var calibration: String?

    private static let methodsWithText = Method.all.filter(\.passage.needsText).map(\.name).joined(separator: ", ")

    @Option(help: "A tokenizer.json for the calibration text instead of the one beside the checkpoint.")
    var tokenizer: String?

    @Option(help: "Tokens a calibration window.")
    var context: Int = Manifest.Calibration.usualContext

    @Option(help: "Calibration windows.")
    var windows: Int = Manifest.Calibration.usualWindows

    @Option(help: "The directory to make.")
    var output: String?

    @Flag(help: "Write the SHA-256 of the checkpoint to provenance.json; it takes longer than rounding (--checkpoint).")
    var digest = false

    @Flag(help: "Only what an evaluation is missing for (--manifest).")
    var unmeasured = false

    @Option(
        help: ArgumentHelp(
            "The id that follows each document of the text (default: the configuration's eos_token_id, else the tokenizer's).",
            valueName: "id"))
    var separator: UInt32?

    @OptionGroup var memory: MemoryOption
    @OptionGroup var cells: CellOptions

    package func validate() throws {
        try cells.validate(checkpoint: checkpoint)
        guard checkpoint == nil || output != nil else { throw ValidationError("--checkpoint needs --output") }
        guard !digest || checkpoint != nil else {
            throw ValidationError("--digest goes with --checkpoint: the cells of a manifest always have it")
        }
        guard !unmeasured || cells.manifest != nil else {
            throw ValidationError("--unmeasured goes with --manifest")
        }
        guard separator == nil || calibration != nil else {
            throw ValidationError("--separator is of the text; it goes with --calibration")
        }
        guard context >= 2 else { throw ValidationError("--context must be at least 2") }
        guard windows >= 1 else { throw ValidationError("--windows must be at least 1") }
    }

    package func run() throws {
        try runStage("quantize") { () throws(StageError) in
            if let manifest = cells.manifest {
                return try quantize(
                    manifest: URL(filePath: manifest), workspace: Workspace.location(option: cells.place.workspace),
                    cells: cells.cells, unmeasured: unmeasured, memory: memory.bytes)
            }
            guard let checkpoint, let output else {
                preconditionFailure("validate() lets none of these be nil")
            }
            let request = calibration.map { shard in
                CalibrationRequest(
                    Manifest.Calibration(shard: URL(filePath: shard), context: context, windows: windows),
                    tokenizer: tokenizer.map { URL(filePath: $0) }, separator: separator)
            }
            return try quantize(
                checkpoint: URL(filePath: checkpoint, directoryHint: .isDirectory),
                spec: Stages.spec(options: spec.members),
                calibration: request, digest: digest, memory: memory.bytes,
                output: URL(filePath: output, directoryHint: .isDirectory))
        }
    }
}
