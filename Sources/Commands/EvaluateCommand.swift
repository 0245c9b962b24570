import ArgumentParser
import Evaluation
import FoundationEssentials
import LanguageModel
import Options
import Pipeline
package import Records
import Stages

package struct EvaluateCommand: StageCommand {
    package static let stage = Stage.evaluate
    package static let abstract =
        "Measure loss, perplexity and the damage that compression does on held-out text."
    package static let discussion = """
        The baseline and all its compressed forms go through the model together, on the same windows, so differences \
        are paired.
        """

    package init() {}

    @Option(help: "The 16-bit checkpoint: a Hugging Face directory.")
    var checkpoint: String?

    @Option(help: "A compressed form of it, as qid-quantize makes them; may be given again.")
    var compressed: [String] = []

    @Option(help: "Held-out text (.jsonl, .txt, also .gz or .zst) or token ids (.npy).")
    var shard: String?

    @Option(help: "A tokenizer.json instead of the one beside the checkpoint.")
    var tokenizer: String?

    @Option(help: "Tokens a window.")
    var context: Int = 256

    @Option(help: "Windows to score (default: the whole shard).")
    var windows: Int?

    @Option(help: "Which windows first: random, from all over the shard, or shard, as they stand in it.")
    var order: OrderName = .random

    @Option(help: "The seed of the random order (default: 1).")
    var seed: Int?

    @Option(
        help: ArgumentHelp(
            "Stop as soon as the standard error of every form's QiD is at most this.", valueName: "nats"))
    var qidStderr: Double?

    @Option(
        help: ArgumentHelp(
            "Stop as soon as the standard error of every form's KL is at most this share of it, such as 5%.",
            valueName: "share"))
    var klError: Share?

    @Option(help: "Which tokens of a window count: all, or second-half as llama.cpp scores.")
    var score: ScoredTokens = .all

    @Flag(help: "Begin each window with the configuration's bos_token_id; all tokens of the text in it then count.")
    var bos = false

    @Option(help: "Whether a window may hold several documents: joined, or separate, each cut for itself.")
    var documents: DocumentRule = .joined

    @Option(
        help: "The id that follows each document (default: the configuration's eos_token_id, else the tokenizer's).")
    var separator: UInt32?

    @Flag(help: "Print one JSON document instead of a table.")
    var json = false

    @OptionGroup var memory: MemoryOption
    @OptionGroup var cells: CellOptions

    package func validate() throws {
        try cells.validate(checkpoint: checkpoint)
        guard checkpoint == nil || shard != nil else { throw ValidationError("--checkpoint needs a --shard") }
        guard context >= 2 else { throw ValidationError("--context must be at least 2") }
        guard (qidStderr ?? 1) > 0 else { throw ValidationError("--qid-stderr must be above zero") }
        guard documents == .joined || score == .all else {
            throw ValidationError("--documents separate needs --score all: a short document has no second half")
        }
        guard seed == nil || order == .random else {
            throw ValidationError("--seed is of the random order; leave out --order shard")
        }
        guard (seed ?? 0) >= 0 else { throw ValidationError("--seed must be at least 0") }
        guard (windows ?? 1) >= 1 else { throw ValidationError("--windows must be at least 1") }
    }

    package func run() throws {
        try runStage("evaluate") { () throws(StageError) in
            if let manifest = cells.manifest {
                return try evaluate(
                    manifest: URL(filePath: manifest), workspace: Workspace.location(option: cells.place.workspace),
                    cells: cells.cells, memory: memory.bytes)
            }
            guard let checkpoint, let shard else { preconditionFailure("validate() lets neither be nil") }
            let request = EvaluationRequest(
                checkpoint: URL(filePath: checkpoint, directoryHint: .isDirectory),
                compressed: compressed.map { URL(filePath: $0, directoryHint: .isDirectory) },
                shard: URL(filePath: shard), tokenizer: tokenizer.map { URL(filePath: $0) }, context: context,
                windows: windows,
                order: order == .shard ? .shard : seed.map { .random(seed: $0) } ?? .usual,
                target: PrecisionTarget(qidStderr: qidStderr, klError: klError?.value), scored: score,
                rules: WindowRules(bos: bos, documents: documents, separator: separator), memory: memory.bytes)
            print(try evaluate(request, asJSON: json), terminator: "")
            return .success
        }
    }
}

extension ScoredTokens: ExpressibleByArgument {}
extension DocumentRule: ExpressibleByArgument {}

/// What `--order` may say.
enum OrderName: String, CaseIterable, ExpressibleByArgument { case random, shard }
