import ArgumentParser
import FoundationEssentials
import Options
import Pipeline
import Stages

struct TokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Write a shard's token stream as a NumPy file.")

    @Option(help: "A tokenizer.json.")
    var tokenizer: String

    @Argument(help: "Text: .jsonl or .txt, also .gz or .zst.")
    var shard: String

    @Option(
        help:
            "The id that follows each document (default: eos_token_id of config.json beside the tokenizer, else its own)."
    )
    var separator: UInt32?

    @Option(help: "The .npy file to write.")
    var output: String

    func run() throws {
        try runStage("tokenize") { () throws(StageError) in
            try tokenize(
                shard: URL(filePath: shard), tokenizer: URL(filePath: tokenizer), separator: separator,
                output: URL(filePath: output))
        }
    }
}
