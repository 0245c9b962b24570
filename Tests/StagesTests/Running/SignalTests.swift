import Foundation
import System
import TestSupport
import Testing

/// What commands do when they are asked to stop.
struct SignalTests {
    private static func workspace(in directory: URL) throws -> URL {
        let archive = try SmallArchive(in: directory)
        let workspace = directory.appending(path: "workspace")
        try #require(try qid(["run", archive.manifest.path, "--workspace", workspace.path]).status == 0)
        return workspace
    }

    @Test func aLongQuestionEndsAtOnce() throws {
        try withScratchDirectory { directory in
            let workspace = try Self.workspace(in: directory)
            let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
            let running = try command("qid").start(["sql", endless, "--workspace", workspace.path])
            Clock.sleep(seconds: 1)
            #expect(running.isRunning)
            let asked = Clock.seconds
            kill(running.processIdentifier, SIGTERM)
            let ended = try running.finish()
            #expect(ended.status == 75, "\(ended.errors)")
            #expect(ended.errors.contains("stopped by a signal"))
            #expect(Clock.seconds - asked < 5)
        }
    }

    @Test func runAndStageAgreeOnTheStatus() throws {
        try withScratchDirectory { directory in
            let archive = try SmallArchive(in: directory)
            for milliseconds in stride(from: 60, through: 360, by: 60) {
                let workspace = directory.appending(path: "workspace-\(milliseconds)")
                let running = try command("qid").start(["run", archive.manifest.path, "--workspace", workspace.path])
                Clock.sleep(seconds: Double(milliseconds) / 1000)
                kill(running.processIdentifier, SIGTERM)
                let ended = try running.finish()
                #expect(
                    [0, 75, 15].contains(ended.status), "after \(milliseconds) ms: \(ended.status), \(ended.errors)")
            }
        }
    }
}
