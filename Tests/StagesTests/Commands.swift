import Foundation
import Pipeline
import Records

/// What a command said and how it ended.
struct Outcome {
    let status: Int32
    let output: String
    let errors: String
}

/// Runs `qid` or one of its stages, which the build puts beside the tests.
func qid(_ arguments: [String], command: String = "qid", environment: [String: String] = [:]) throws -> Outcome {
    let running = try start(arguments, command: command, environment: environment)
    return try running.finish()
}

func start(
    _ arguments: [String], command: String = "qid", environment: [String: String] = [:]
) throws -> RunningCommand {
    let directory = URL(filePath: StageRunner.executable(of: .ingest)).deletingLastPathComponent()
    let process = Process()
    process.executableURL = directory.appending(path: command)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // Files rather than pipes: whoever is killed leaves no reader waiting for its children.
    let output = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    let errors = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    for file in [output, errors] { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    return RunningCommand(process: process, output: output, errors: errors)
}

struct RunningCommand {
    let process: Process
    let output: URL
    let errors: URL

    func finish() throws -> Outcome {
        process.waitUntilExit()
        defer { for file in [output, errors] { try? FileManager.default.removeItem(at: file) } }
        return Outcome(
            status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8))
    }
}

/// A directory of the test's own, gone when it ends.
func withScratchDirectory<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appending(path: "qid-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try body(directory)
}
