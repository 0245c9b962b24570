import ArgumentParser
import Benchmark
import Evaluation
import FoundationEssentials
import LanguageModel
import Options
import Pipeline
import Stages
import System

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how near to this machine's limits each part comes, and check its answers.",
        discussion: """
            Everything is taken in turn, over and over: with one thread and with all, each after what the machine can do at \
            most (fused multiply-adds or tiles in registers, bytes copied in memory). Rates and shares are per processor \
            second; what stands behind a median in brackets holds it in 95 of 100 cases.

            With --compare a run is set beside an earlier one, of which BASE.json is the --json: a part that comes to less of its \
            limit than its intervals allow for makes the exit status 1.

            With --coverage nothing is timed: measurements of every scaling law are simulated over and over, and it counts how \
            often the 95 % intervals of the fits hold the truth. With --checkpoint, --compressed and --shard it counts how \
            often ±1.96 standard errors of QiD and KL from some windows hold the mean over the whole shard.
            """)

    @Flag(help: "Print one JSON document.")
    var json = false

    @Flag(help: "Evaluate a model of Pythia-160m's shape as well.")
    var large = false

    @Option(help: "Measure only this; may be given again.")
    var part: [BenchmarkPart] = []

    @Option(
        name: [.customLong("rounds"), .customLong("turns")],
        help: "How many times everything is measured; the medians count.")
    var rounds = 15

    @Option(help: "A BLAS library (libopenblas.so, libmkl_rt.so) whose products are taken in turn with ours.")
    var blas: String?

    @Option(help: "What --json printed earlier: exit status 1 if a part has fallen by more than its noise.")
    var compare: String?

    @Flag(help: "Count how often the 95 % intervals of fitted laws hold the truth.")
    var coverage = false

    @Option(help: "With --coverage: how many sets of measurements are simulated for each law.")
    var repetitions = 1000

    @Option(help: "With --coverage: only this law; may be given again.")
    var law: [String] = []

    @Option(help: "With --coverage: the seed of the simulated errors.")
    var seed: UInt64 = 1

    @Option(help: "With --coverage: a checkpoint, whose compressed forms are measured on the whole shard.")
    var checkpoint: String?

    @Option(help: "With --coverage and --checkpoint: a compressed form of it; may be given again.")
    var compressed: [String] = []

    @Option(help: "With --coverage and --checkpoint: the held-out text.")
    var shard: String?

    @Option(help: "With --coverage and --checkpoint: a tokenizer.json instead of the one beside the checkpoint.")
    var tokenizer: String?

    @Option(help: "With --coverage and --checkpoint: tokens a window; may be given again (default: 64, 256, 512).")
    var context: [Int] = []

    func validate() throws {
        let isOfWindows =
            checkpoint != nil || !compressed.isEmpty || shard != nil || tokenizer != nil || !context.isEmpty
        guard !isOfWindows || (coverage && checkpoint != nil && !compressed.isEmpty && shard != nil) else {
            throw ValidationError("windows' coverage needs --coverage, --checkpoint, --compressed and --shard")
        }
        guard context.allSatisfy({ $0 >= 2 }) else { throw ValidationError("--context must be at least 2") }
        guard repetitions > 0 else { throw ValidationError("--repetitions is a number above 0") }
        guard rounds > 0 else { throw ValidationError("--rounds is a number above 0") }
        guard coverage || law.isEmpty else { throw ValidationError("--law goes with --coverage") }
        guard !coverage || !large else { throw ValidationError("--coverage and --large exclude each other") }
        guard !coverage || part.isEmpty else { throw ValidationError("--coverage and --part exclude each other") }
        guard !coverage || compare == nil else { throw ValidationError("--coverage and --compare exclude each other") }
        guard compare == nil || rounds >= 6 else {
            throw ValidationError("--compare needs --rounds 6 or more: fewer give no interval")
        }
        guard !coverage || blas == nil else { throw ValidationError("--coverage and --blas exclude each other") }
    }

    func run() throws {
        try requireKernels(for: "bench")
        if let checkpoint, let shard { return try measureWindows(checkpoint: checkpoint, shard: shard) }
        var hasFallen = false
        do throws(BenchmarkError) {
            guard !coverage else { return try simulate() }
            let base = try compare.map { (path) throws(BenchmarkError) in
                try BenchmarkError.attempt { () throws(SystemError) in try readFile(URL(filePath: path)) }
            }
            let workload = Workload.standard(large: large, rounds: rounds, blas: blas)
            let result = try benchmark(workload, parts: part.isEmpty ? BenchmarkPart.allCases : part) {
                Pipeline.report("bench: \($0)")
            }
            guard let base, let compare else { return print(json ? result.json : result.table, terminator: "") }
            let comparison = try BenchmarkComparison(of: result, to: base, file: compare)
            print(json ? result.json(comparison) : result.table + "\n" + comparison.table, terminator: "")
            hasFallen = comparison.hasFallen
        } catch {
            Pipeline.report("bench: \(error)")
            throw ExitCode(error.exitStatus.rawValue)
        }
        if hasFallen { throw ExitCode(1) }
    }

    private func measureWindows(checkpoint: String, shard: String) throws {
        try runStage("bench") { () throws(StageError) in
            var rows: [WindowCoverage] = []
            for context in context.isEmpty ? [64, 256, 512] : context {
                let request = EvaluationRequest(
                    checkpoint: URL(filePath: checkpoint, directoryHint: .isDirectory),
                    compressed: compressed.map { URL(filePath: $0, directoryHint: .isDirectory) },
                    shard: URL(filePath: shard), tokenizer: tokenizer.map { URL(filePath: $0) }, context: context,
                    windows: nil, order: .shard, target: nil, scored: .all, memory: 512_000_000)
                rows += WindowCoverage.measure(
                    try evaluation(of: request), repetitions: repetitions, seed: Int(truncatingIfNeeded: seed))
            }
            print(WindowCoverage.table(rows), terminator: "")
            return .success
        }
    }

    private func simulate() throws(BenchmarkError) {
        let progress = Progress("coverage")
        let report = try CoverageReport.simulate(laws: law, repetitions: repetitions, seed: seed) {
            progress.update($0, $1)
        }
        progress.finish("\(report.laws.count) laws, \(repetitions) repetitions each")
        print(json ? report.json : report.table, terminator: "")
    }
}

extension BenchmarkPart: ExpressibleByArgument {}

extension BenchmarkError {
    /// A full disk is not our fault, nor is a law nobody knows; everything else is.
    fileprivate var exitStatus: ExitStatus {
        switch self {
        case .system(let error): error.isMissing ? .noInput : .inputOutput
        case .notComparable: .badInput
        case .notSimulated, .noBLAS: .usage
        default: .software
        }
    }
}
