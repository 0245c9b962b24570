import FoundationEssentials
import JSON
import Pipeline
import Records
import System

/// Runs stages of one run, one after the other, and remembers how they ended.
struct StageSequence {
    private let runner: StageRunner
    private let workspace: Workspace
    /// Where they are noted, once it is known.
    var run: RunDirectory?
    /// `badInput` once some input of some stage was bad.
    var worst = ExitStatus.success

    init(_ runner: StageRunner, _ workspace: Workspace) {
        self.runner = runner
        self.workspace = workspace
    }

    /// Runs a stage to its end; anything but success and bad input is thrown.
    mutating func perform(_ stage: Stage, on manifest: URL, _ options: [String] = []) throws(StageError) {
        try attempt { () throws(WorkspaceError) in try Interruption.check() }
        let arguments = ["--workspace", workspace.root.path] + (stage == .record ? [] : ["--manifest", manifest.path])
        let begun = Clock.seconds
        let end = try attempt { () throws(WorkspaceError) in
            try runner.run(stage, arguments + options, logs: run?.directory.path ?? workspace.temporary.path)
        }
        try run?.note(
            "stage",
            [
                "stage": .string(stage.rawValue), "status": .integer(Int(end.shellStatus)),
                "seconds": .number(((Clock.seconds - begun) * 1000).rounded() / 1000),
            ])
        switch ExitStatus(end) {
        case .success: break
        case .badInput: worst = .badInput
        default: throw .stageFailed(stage, end)
        }
    }
}
