import Foundation
import System
import SystemPackage
import Testing

/// One after the other: they share the one process that signals come to.
@Suite(.serialized) struct ProcessTests {
    private func shell(_ script: String, environment: [String: String]? = nil, listens: Bool = false) -> Command {
        Command("/bin/sh", ["-c", script], environment: environment, listens: listens)
    }

    @Test func aStatusIsNoSignal() throws {
        #expect(try shell("exit 0").run() == .exited(status: 0))
        #expect(try shell("exit 15").run() == .exited(status: 15))
        #expect(try shell("kill -TERM $$").run() == .killed(signal: SIGTERM))
        #expect(try shell("kill -KILL $$").run() == .killed(signal: SIGKILL))
        #expect("\(try shell("kill -KILL $$").run())" == "was ended by signal 9")
    }

    @Test func whatIsNotThereIsNotStarted() throws {
        #expect(throws: SystemError(.start, "/no/such/program", .noSuchFileOrDirectory)) {
            try Command("/no/such/program", []).run()
        }
        #expect(throws: SystemError(.start, "/tmp", .permissionDenied)) { try Command("/tmp", []).run() }
        #expect(throws: SystemError(.start, "qid-no-such-program", .noSuchFileOrDirectory)) {
            try Command("qid-no-such-program", []).capture()
        }
    }

    @Test func outputIsCaptured() throws {
        let (end, output) = try shell("printf '%s' \"$WORD\"; exit 3", environment: ["WORD": "ä b"]).capture()
        #expect(end == .exited(status: 3))
        #expect(output == Array("ä b".utf8))
        #expect(try shell("head -c 1000000 /dev/zero").capture().output.count == 1_000_000)
    }

    /// A shell keeps what it finds blocked, as a stage does until it listens.
    @Test func anEarlySignalWaitsForOneWhoListens() throws {
        let script = "kill -TERM $$; printf alive"
        #expect(try shell(script).capture() == (.killed(signal: SIGTERM), []))
        let (end, output) = try shell(script, listens: true).capture()
        #expect(end == .exited(status: 0))
        #expect(output == Array("alive".utf8))
    }

    @Test func twoProcessesDoNotHoldOneLock() throws {
        try withDirectory { directory in
            let file = directory.appending(path: "lock")
            let held = try #require(try FileLock(file))
            held.sign()
            #expect(String(decoding: try readFile(file), as: UTF8.self) == "process \(getpid())")
            #expect(try FileLock(file) == nil)
            let other = Command("flock", ["--nonblock", file.path, "true"])
            #expect(try other.run() == .exited(status: 1))
            held.release()
            #expect(try other.run() == .exited(status: 0))
            let shared = try #require(try FileLock(file, .shared))
            #expect(try FileLock(file) == nil)
            let second = try #require(try FileLock(file, .shared))
            withExtendedLifetime((shared, second)) {}
        }
    }

    @Test func aLockEndsWithItsHolder() throws {
        try withDirectory { directory in
            let file = directory.appending(path: "lock")
            let (end, _) = try Command("flock", [file.path, "sh", "-c", "kill -KILL $PPID"]).capture()
            #expect(end == .killed(signal: SIGKILL))
            #expect(try FileLock(file) != nil)
        }
    }

    @Test func whoWritesIsSeen() throws {
        try withDirectory { directory in
            let place = directory.appending(path: "f")
            let file = try NewFile(place)
            #expect(isOpenForWriting(place))
            try file.close()
            #expect(!isOpenForWriting(place))
        }
    }

    @Test func theClocksRunForward() {
        let (wall, work) = (Clock.seconds, Clock.processorSeconds)
        Clock.sleep(seconds: 0.01)
        #expect(Clock.seconds - wall >= 0.01)
        #expect(Clock.processorSeconds >= work)
    }

    @Test func theExecutableIsThere() throws {
        #expect(try FileStatus(URL(filePath: Surroundings.executable))?.kind == .file)
    }
}
