import Foundation
import System
import TestSupport
import Testing

/// A run one of whose system calls answers with an error, each in turn.
@Suite(.serialized) struct ErrorTests {
    private static let numbers = [EIO, EACCES, ENOSPC, EMFILE, EINTR, ESTALE, ENOMEM, EPERM, ENOENT, EROFS, EDQUOT]
    /// What a command may say: done, some input bad, no input, cannot write, try again.
    private static let statuses: Set<Int32> = [0, 65, 66, 73, 74, 75]

    @Test func whateverTheSystemAnswersNothingWrongIsKept() throws {
        try withScratchDirectory { directory in
            let (shim, tiny) = (try FaultShim.shared.get(), try TinyRun(in: directory))
            let counting = try shim.environment(.error(EIO), at: 0, below: tiny.root)
            try #require(try tiny.run(environment: counting).status == 0)
            let count = try shim.calls(counting)
            #expect(count > 1000, "\(count) calls are not all that a run makes")
            var statuses: [Int32: Int] = [:]
            for call in chosen(of: count, atMost: 32) {
                let number = Self.numbers[call % Self.numbers.count]
                let what = "call \(call + 1) answered \(number)"
                try tiny.clear()
                let environment = try shim.environment(.error(number), at: call + 1, below: tiny.root)
                guard let faulty = try tiny.runWithinAMinute(environment: environment) else {
                    Issue.record("\(what): the run hangs")
                    continue
                }
                statuses[faulty.status, default: 0] += 1
                #expect(Self.statuses.contains(faulty.status), "\(what): status \(faulty.status), \(faulty.errors)")
                if faulty.status == 0 {
                    let found = try WorkspaceSnapshot(tiny.workspace)
                    #expect(found == tiny.reference, "\(what): \(found.differences(from: tiny.reference))")
                } else {
                    #expect(!faulty.errors.isEmpty, "\(what): no word")
                    let wrong = try wrongArtifacts(tiny)
                    #expect(wrong.isEmpty, "\(what): \(wrong)")
                    let again = try tiny.run()
                    #expect(again.status == 0, "\(what): then \(again.errors)")
                    let found = try WorkspaceSnapshot(tiny.workspace)
                    let isSame = found.store == tiny.reference.store && found.measured == tiny.reference.measured
                    #expect(isSame, "\(what), then: \(found.differences(from: tiny.reference))")
                }
            }
            print(
                "\(statuses.values.reduce(0, +)) of \(count) calls answered with an error; ends by status: \(statuses)")
        }
    }

    /// Artifacts that are there and not what an undisturbed run makes.
    private func wrongArtifacts(_ tiny: TinyRun) throws -> [String] {
        var wrong: [String] = []
        for folder in ["checkpoints", "compressed", "evaluations"] {
            let prefix = "store/\(folder)/"
            let place = tiny.workspace.appending(path: prefix)
            guard try exists(place) else { continue }
            for name in try names(in: place) {
                let expected = tiny.reference.files.filter {
                    $0.key == prefix + name || $0.key.hasPrefix(prefix + name + "/")
                }
                if expected.isEmpty { wrong.append("\(prefix)\(name) besides") }
                for (path, bytes) in expected {
                    let file = tiny.workspace.appending(path: path)
                    let isLink = try FileStatus(link: file)?.kind == .link
                    if try !isLink && readFileIfThere(file) != bytes { wrong.append(path) }
                }
            }
        }
        return wrong
    }
}
