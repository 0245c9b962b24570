package import ArgumentParser
import Kernels
package import Pipeline
package import Stages
import System

/// Where the workspace is.
package struct WorkspaceOption: ParsableArguments {
    @Option(help: "The workspace (default: $QID_WORKSPACE, else ./qid-workspace).")
    package var workspace: String?

    package init() {}
}

/// Which cells of a manifest a process works on.
package struct CellOptions: ParsableArguments {
    @OptionGroup package var place: WorkspaceOption

    @Option(help: "Work on the cells of this manifest or lock that are not in the workspace yet.")
    package var manifest: String?

    @Option(
        name: .customLong("cells"),
        help: ArgumentHelp("Every N-th cell from the I-th (0-based), to share the work out.", valueName: "i/n"),
        transform: selection)
    package var shared: CellSelection = .all

    @Option(
        help: ArgumentHelp("Only these cells of the manifest, in its order (0-based).", valueName: "first-last"),
        transform: part)
    package var only: ClosedRange<Int>?

    package init() {}

    package var cells: CellSelection {
        var selection = shared
        selection.part = only
        return selection
    }

    /// Makes sure that a command names one checkpoint or a manifest of them, and not both.
    package func validate(checkpoint: String?) throws {
        guard (checkpoint == nil) != (manifest == nil) else {
            throw ValidationError("name a --checkpoint or a --manifest, one of the two")
        }
    }

    private static func part(_ text: String) throws -> ClosedRange<Int> {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard ends.count == 2, let first = ends[0], let last = ends[1], 0 <= first, first <= last else {
            throw ValidationError("'\(text)' is not FIRST-LAST with 0 <= FIRST <= LAST, such as 0-119")
        }
        return first...last
    }

    private static func selection(_ text: String) throws -> CellSelection {
        guard let selection = CellSelection(text) else {
            throw ValidationError("'\(text)' is not I/N with 0 <= I < N, such as 0/8")
        }
        return selection
    }
}

/// How much memory a stage may use for activations; what is packed for products comes on top, some tens of megabytes.
package struct MemoryOption: ParsableArguments {
    @Option(help: "Memory for activations, such as 512MB or 4GB.", transform: Self.byteCount)
    package var memory: Int = 512_000_000

    package var bytes: Int { memory }

    package init() {}

    private static func byteCount(_ text: String) throws -> Int { try size(text).bytes }
}

/// Reads a number of bytes off the command line.
package func size(_ text: String) throws -> ByteSize {
    guard let size = ByteSize(text) else { throw ValidationError("'\(text)' is not \(ByteSize.expected)") }
    return size
}

/// Ends a command that computes where this machine or its environment does not let it.
package func requireKernels(for command: String) throws {
    let missing = Processor.missingInstructions
    guard missing.isEmpty else {
        report("\(command): this processor lacks \(missing.joined(separator: ", ")), which the kernels need")
        throw ExitCode(ExitStatus.software.rawValue)
    }
    let errors = KernelSettings.current.errors
    for error in errors { report("\(command): \(error)") }
    guard errors.isEmpty else { throw ExitCode(ExitStatus.usage.rawValue) }
}

/// Runs a program's command; what it prints arrives, or the exit status says that it did not.
package func runProgram(_ command: (some ParsableCommand).Type) {
    Interruption.listen()
    StandardOutput.check(failureStatus: ExitStatus.inputOutput.rawValue)
    command.main(nil)
}

/// Runs a stage and ends the command as it ended: its errors in one line on standard error, its status as exit status.
package func runStage(_ command: String, _ body: () throws(StageError) -> ExitStatus) throws {
    try requireKernels(for: command)
    if Surroundings.variables[StageRunner.runVariable] != nil { Interruption.endWithParent() }
    let status: ExitStatus
    do throws(StageError) {
        status = try body()
    } catch {
        report("\(command): \(error)")
        noteInRun(error, of: command)
        throw ExitCode(error)
    }
    if status != .success { throw ExitCode(status.rawValue) }
}

extension ExitCode {
    /// The exit status that an error stands for.
    package init(_ error: StageError) { self.init(error.exitStatus.rawValue) }
}
