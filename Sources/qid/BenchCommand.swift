import ArgumentParser
import Benchmark
import Pipeline

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how near to this machine's limits each part comes, and check its answers.",
        discussion: """
            Times are medians. Rates and shares are per processor second, of what the machine can do as measured in the same
            run: fused multiply-adds in registers, and bytes copied in memory.
            """)

    @Flag(help: "Print one JSON document.")
    var json = false

    @Flag(help: "Evaluate a model of Pythia-160m's shape as well.")
    var large = false

    func run() throws {
        do throws(BenchmarkError) {
            let result = try benchmark(.standard(large: large)) { Pipeline.report("bench: \($0)") }
            print(json ? result.json : result.table, terminator: "")
        } catch {
            Pipeline.report("bench: \(error)")
            throw ExitCode(error.exitStatus.rawValue)
        }
    }
}

extension BenchmarkError {
    /// A full disk is not our fault; everything else is.
    fileprivate var exitStatus: ExitStatus {
        if case .cannotWrite = self { .inputOutput } else { .software }
    }
}
