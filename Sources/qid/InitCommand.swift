import ArgumentParser
import FoundationEssentials
import Options
import Pipeline
import Stages
import System

struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Print a manifest for what lies in archives, to be edited and run.",
        discussion: """
            Nothing is unpacked or measured. Of a Hugging Face cache each repository becomes a line. Laws are fitted to each \
            family: give models of one recipe the same.
            """)

    @Argument(help: "Archives: directories, such as ~/.cache/huggingface/hub, or files.")
    var archives: [String]

    @Option(help: "Held-out text: .jsonl with a field 'text' or .txt, also .gz or .zst; or token ids as .npy.")
    var shard: String

    @Option(help: "Other text, for methods that look at activations.")
    var calibration: String?

    @Option(help: "The family of all archives (default: guessed from each name, without its size).")
    var family: String?

    @Option(help: "Training tokens per step, so that D = step × this.")
    var tokensPerStep: Int?

    func validate() throws {
        guard (tokensPerStep ?? 1) > 0 else { throw ValidationError("--tokens-per-step must be above zero") }
    }

    func run() throws {
        try runStage("init") { () throws(StageError) in
            let request = StartRequest(
                archives: archives.map { URL(filePath: $0).standardizedFileURL }, family: family,
                tokensPerStep: tokensPerStep, shard: URL(filePath: shard).standardizedFileURL,
                calibration: calibration.map { URL(filePath: $0).standardizedFileURL })
            print(try startManifest(request), terminator: "")
            return .success
        }
    }
}
