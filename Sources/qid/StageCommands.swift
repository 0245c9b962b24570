import ArgumentParser
import Pipeline
import Records
import System

/// `qid <stage> …` is `qid-<stage> …`: the process becomes that executable.
protocol StageCommand: ParsableCommand {
    static var stage: Stage { get }
    var arguments: [String] { get }
}

extension StageCommand {
    static func configure(_ abstract: String) -> CommandConfiguration {
        CommandConfiguration(commandName: stage.rawValue, abstract: abstract, helpNames: [])
    }

    func run() throws {
        let path = StageRunner.executable(of: Self.stage)
        do throws(SystemError) { try Command(path, arguments).become() } catch { throw ValidationError("\(error)") }
    }
}

struct IngestStage: StageCommand {
    static let stage = Stage.ingest
    static let configuration = configure("Find checkpoints in archives and put them into the workspace.")
    @Argument(parsing: .captureForPassthrough) var arguments: [String] = []
}

struct QuantizeStage: StageCommand {
    static let stage = Stage.quantize
    static let configuration = configure("Compress checkpoints.")
    @Argument(parsing: .captureForPassthrough) var arguments: [String] = []
}

struct EvaluateStage: StageCommand {
    static let stage = Stage.evaluate
    static let configuration = configure("Measure losses on held-out text.")
    @Argument(parsing: .captureForPassthrough) var arguments: [String] = []
}

struct RecordStage: StageCommand {
    static let stage = Stage.record
    static let configuration = configure("Put evaluations into the warehouse.")
    @Argument(parsing: .captureForPassthrough) var arguments: [String] = []
}

struct FitStage: StageCommand {
    static let stage = Stage.fit
    static let configuration = configure("Fit scaling laws and report.")
    @Argument(parsing: .captureForPassthrough) var arguments: [String] = []
}
