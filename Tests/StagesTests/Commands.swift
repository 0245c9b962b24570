import Foundation
import Pipeline
import Records
import TestSupport

/// Runs `qid` or one of its stages to its end.
func qid(
    _ arguments: [String], command name: String = "qid", environment: [String: String] = [:]
) throws -> Program.Outcome {
    try command(name).run(arguments, environment: environment)
}

/// `qid` or one of its stages, which the build puts beside the tests.
func command(_ name: String) -> Program {
    Program(URL(filePath: StageRunner.executable(of: .ingest)).deletingLastPathComponent().appending(path: name))
}
