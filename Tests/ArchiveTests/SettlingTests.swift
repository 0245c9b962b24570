import Archive
import Foundation
import FoundationEssentials
import System
import SystemPackage
import TestSupport
import Testing

@Suite struct SettlingTests {
    let directory: ScratchDirectory

    init() throws {
        directory = try ScratchDirectory()
        try directory.write("{}", to: "step1/config.json")
        try directory.write("weights", to: "step1/model.safetensors")
    }

    private func source() throws -> CheckpointSource {
        try #require(try Discovery(root: directory.url).sources.first)
    }

    @Test func anUntouchedSourceHasOneFingerprint() throws {
        let source = try source()
        let first = try source.fingerprint()
        #expect(try source.fingerprint() == first)
        #expect(first.files.map(\.name) == ["config.json", "model.safetensors"])
        #expect(first.files.map(\.byteCount) == [2, 7])
        #expect(first.text.split(separator: "\n").count == 2)
    }

    @Test func everyChangeShowsInTheFingerprint() throws {
        let source = try source()
        let first = try source.fingerprint()
        let weights = directory.url.appending(path: "step1/model.safetensors").path()
        // Same size, another time.
        var times = [timespec(tv_sec: 1_000_000, tv_nsec: 1), timespec(tv_sec: 1_000_000, tv_nsec: 1)]
        #expect(utimensat(AT_FDCWD, weights, &times, 0) == 0)
        let second = try source.fingerprint()
        #expect(second != first)
        // One nanosecond later.
        times = [timespec(tv_sec: 1_000_000, tv_nsec: 2), timespec(tv_sec: 1_000_000, tv_nsec: 2)]
        #expect(utimensat(AT_FDCWD, weights, &times, 0) == 0)
        let third = try source.fingerprint()
        #expect(third != second)
        // Another file of the same size and time in its place.
        try directory.write("WEIGHTS", to: "other")
        let other = directory.url.appending(path: "other").path()
        #expect(utimensat(AT_FDCWD, other, &times, 0) == 0)
        #expect(rename(other, weights) == 0)
        #expect(try source.fingerprint() != third)
    }

    @Test func aVanishedFileIsAnError() throws {
        let source = try source()
        let file = directory.url.appending(path: "step1/config.json").path()
        unlink(file)
        #expect(throws: ArchiveError.system(.init(.inspect, file, .noSuchFileOrDirectory))) { try source.fingerprint() }
    }

    @Test func aFreshWholeCopyIsTakenAtOnce() throws {
        let source = try source()
        let before = try source.fingerprint()
        #expect(Settling().writtenFile(of: source) == nil)
        #expect(try Settling().reasonToWait(for: source, since: before, endedEarly: false) == nil)
    }

    @Test func anEarlyEndWaitsOnlyWhileTheFileIsYoung() throws {
        let source = try source()
        let before = try source.fingerprint()
        let written = Date(timeIntervalSince1970: Double(before.modified) / 1e9)
        func reason(after seconds: Double) throws -> String? {
            try Settling().reasonToWait(for: source, since: before, endedEarly: true, now: written + seconds)
        }
        #expect(try reason(after: 9) == "it ends early and was changed less than 10.0 seconds ago")
        #expect(try reason(after: 11) == nil)
        #expect(try reason(after: -1000) == nil)
    }

    @Test func aChangeWhileItWasReadMeansWaiting() throws {
        let source = try source()
        let before = try source.fingerprint()
        try directory.write("weights, longer", to: "step1/model.safetensors")
        #expect(
            try Settling().reasonToWait(for: source, since: before, endedEarly: false)
                == "a file changed while it was read")
    }

    @Test func aFileThatIsOpenForWritingIsSeen() throws {
        let source = try source()
        let before = try source.fingerprint()
        let descriptor = open(directory.url.appending(path: "step1/model.safetensors").path(), O_WRONLY)
        #expect(Settling().writtenFile(of: source) == "model.safetensors")
        #expect(
            try Settling().reasonToWait(for: source, since: before, endedEarly: false)
                == "'model.safetensors' is open for writing")
        close(descriptor)
        #expect(Settling().writtenFile(of: source) == nil)
    }
}
