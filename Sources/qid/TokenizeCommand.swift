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

    @Option(help: "The .npy file to write.")
    var output: String

    func run() throws {
        try runStage("tokenize") { () throws(StageError) in
            try tokenize(
                shard: URL(filePath: shard), tokenizer: URL(filePath: tokenizer), output: URL(filePath: output))
        }
    }
}
