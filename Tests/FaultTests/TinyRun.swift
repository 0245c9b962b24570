import Foundation
import Pipeline
import Records
import System
import TestSupport
import Warehouse

/// An archive of two checkpoints, one a plain directory and one packed, with a manifest whose run takes half a second.
struct TinyRun {
    let root: URL
    let program: Program
    /// What a run that nothing disturbs leaves.
    let reference: WorkspaceSnapshot
    var workspace: URL { root.appending(path: "workspace") }
    private var manifest: URL { root.appending(path: "manifest.yaml") }

    init(in directory: URL) throws {
        // Paths as the system knows them: the shim compares them.
        let root = directory.resolvingSymlinksInPath()
        let executables = URL(filePath: StageRunner.executable(of: .ingest)).deletingLastPathComponent()
        let program = Program(executables.appending(path: "qid"))
        try Self.writeInputs(to: root)
        let (manifest, undisturbed) = (root.appending(path: "manifest.yaml"), root.appending(path: "undisturbed"))
        let outcome = try program.run(["run", manifest.path, "--workspace", undisturbed.path])
        guard outcome.status == 0 else { throw FaultShim.Failure(description: outcome.errors) }
        (self.root, self.program, reference) = (root, program, try WorkspaceSnapshot(undisturbed))
    }

    private static func writeInputs(to root: URL) throws {
        let archive = root.appending(path: "archive")
        try FileManager.default.createDirectory(
            at: archive.appending(path: "plain"), withIntermediateDirectories: true)
        for (source, name) in [
            (Fixtures.directory.appending(path: "native/neox-25k-w2/step256"), "archive/plain/step256"),
            (Fixtures.demoArchive.appending(path: "neox-25k-seed1/step128.tar.zst"), "archive/step128.tar.zst"),
            (Fixtures.demo.appending(path: "tokenizer.json"), "tokenizer.json"),
        ] {
            try FileManager.default.copyItem(at: source, to: root.appending(path: name))
        }
        let text = Array(repeating: "the model loses a little when its weights are rounded down", count: 40)
        try Data(text.joined(separator: " ").utf8).write(to: root.appending(path: "heldout.txt"))
        let manifest = """
            name: tiny
            archives: [{path: archive, family: tiny, tokens_per_step: 1000}]
            shard: heldout.txt
            tokenizer: tokenizer.json
            context: 32
            windows: 4
            specs: [{method: rtn, bits: [4, 2], group: 8, symmetric: false}]
            laws: ["qid = k * params^a"]
            predictions: []

            """
        try Data(manifest.utf8).write(to: root.appending(path: "manifest.yaml"))
    }

    func run(environment: [String: String] = [:]) throws -> Program.Outcome {
        try program.run(["run", manifest.path, "--workspace", workspace.path], environment: environment)
    }

    /// Runs until the end or for a minute; nil for one that hangs, which is ended.
    func runWithinAMinute(environment: [String: String]) throws -> Program.Outcome? {
        let running = try program.start(
            ["run", manifest.path, "--workspace", workspace.path], environment: environment)
        let deadline = Date.now + 60
        while running.isRunning {
            guard Date.now < deadline else {
                kill(running.processIdentifier, SIGKILL)
                _ = try running.finish()
                return nil
            }
            usleep(10_000)
        }
        return try running.finish()
    }

    func gc() throws -> Program.Outcome { try program.run(["gc", "--workspace", workspace.path]) }

    func clear() throws { if try exists(workspace) { try removeTree(workspace) } }
}
