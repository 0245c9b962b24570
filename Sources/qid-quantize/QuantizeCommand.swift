import ArgumentParser
import Compression
import Foundation
import Options
import Pipeline
import Stages

@main
struct QuantizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "qid-quantize",
        abstract: "Compress a checkpoint, or every checkpoint of a manifest, at each of its specs.",
        discussion: """
            The output is a Hugging Face directory in the compressed-tensors layout, which transformers loads, with a \
            provenance.json beside it.
            """)

    @Option(help: "A Hugging Face directory with 16- or 32-bit safetensors weights.")
    var checkpoint: String?

    @Option(help: "The compression method.")
    var method: String = "rtn"

    @Option(help: "Bits per weight.")
    var bits: Int?

    @Option(help: "Input weights that share a scale, or 'channel' for a whole output row.")
    var group: String = "channel"

    @Flag(help: "Scales with a zero point instead of symmetric ones.")
    var asymmetric = false

    @Option(help: "The directory to make.")
    var output: String?

    @OptionGroup var cells: CellOptions

    func validate() throws {
        switch (checkpoint, cells.manifest) {
        case (_?, nil):
            guard bits != nil, output != nil else { throw ValidationError("--checkpoint needs --bits and --output") }
        case (nil, _?): break
        default: throw ValidationError("name a --checkpoint or a --manifest, one of the two")
        }
    }

    func run() throws {
        try runStage("quantize") { () throws(StageError) in
            if let manifest = cells.manifest {
                return try quantize(
                    manifest: URL(filePath: manifest), workspace: Workspace.location(option: cells.place.workspace),
                    cells: cells.cells)
            }
            guard let checkpoint, let bits, let output else {
                preconditionFailure("validate() lets none of these be nil")
            }
            return try quantize(
                checkpoint: URL(filePath: checkpoint, directoryHint: .isDirectory),
                spec: spec(method: method, bits: bits, group: group, asymmetric: asymmetric),
                output: URL(filePath: output, directoryHint: .isDirectory))
        }
    }
}
