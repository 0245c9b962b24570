import ArgumentParser
import Commands
import Options
import Records
import Stages

@main
struct QidCommand: ParsableCommand {
    static func main() { runProgram(Self.self) }

    static let configuration = CommandConfiguration(
        commandName: "qid",
        abstract: "Measure what compression costs language models over whole archives of training checkpoints.",
        version: "qid \(programVersion)",
        subcommands: [
            InitCommand.self, RunCommand.self, CheckCommand.self, PredictCommand.self, RankCommand.self,
            PlanCommand.self,
            StatusCommand.self, SQLCommand.self, ExportCommand.self, ReportCommand.self, VerifyCommand.self,
            CollectCommand.self, TokenizeCommand.self, IngestCommand.self,
            QuantizeCommand.self, EvaluateCommand.self,
            RecordCommand.self, FitCommand.self, MethodsCommand.self, BenchCommand.self,
        ])
}
