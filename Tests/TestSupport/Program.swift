package import Foundation

/// A program that a test runs as a person would.
package struct Program: Sendable {
    /// What a command said and how it ended.
    package struct Outcome: Sendable {
        package let status: Int32
        package let output: String
        package let errors: String
    }

    package let program: URL

    package init(_ program: URL) { self.program = program }

    // Programs that not every machine has.
    package static let sqlite3 = Program(URL(filePath: "/usr/bin/sqlite3"))
    package static let gzip = Program(URL(filePath: "/usr/bin/gzip"))
    package static let zstd = Program(URL(filePath: "/usr/bin/zstd"))

    package static let chromium = Program(URL(filePath: "/usr/bin/chromium"))

    package var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program.path) }

    /// Whether the `python3` of the search path has these modules.
    package static func pythonHas(_ modules: String...) -> Bool {
        (try? python("import " + modules.joined(separator: ", ")).status) == 0
    }

    /// Runs a Python program as the search path's `python3` does.
    package static func python(_ program: String) throws -> Outcome {
        try Program(URL(filePath: "/usr/bin/env")).run(["python3", "-c", program])
    }

    package func run(_ arguments: [String], input: String = "", environment: [String: String] = [:]) throws -> Outcome {
        try start(arguments, input: input, environment: environment).finish()
    }

    package func start(
        _ arguments: [String], input: String = "", environment: [String: String] = [:]
    ) throws -> RunningProgram {
        try RunningProgram(program, arguments, input: input, environment: environment)
    }
}

/// A command whose end has not been waited for.
package struct RunningProgram {
    private let process = Process()
    // Files rather than pipes: whoever is killed leaves no reader waiting for its children.
    private let files: ScratchDirectory

    package var processIdentifier: Int32 { process.processIdentifier }
    package var isRunning: Bool { process.isRunning }

    fileprivate init(_ program: URL, _ arguments: [String], input: String, environment: [String: String]) throws {
        files = try ScratchDirectory()
        process.executableURL = program
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = try FileHandle(forReadingFrom: files.write(input, to: "input"))
        process.standardOutput = try FileHandle(forWritingTo: files.write("", to: "output"))
        process.standardError = try FileHandle(forWritingTo: files.write("", to: "errors"))
        try process.run()
    }

    package func finish() throws -> Program.Outcome {
        process.waitUntilExit()
        return Program.Outcome(
            status: process.terminationStatus,
            output: try String(contentsOf: files.url.appending(path: "output"), encoding: .utf8),
            errors: try String(contentsOf: files.url.appending(path: "errors"), encoding: .utf8))
    }
}
