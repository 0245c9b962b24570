import Foundation
import System
import TestSupport
import Testing
import Warehouse

/// A run whose disk is cut off at each of its changes in turn: what was certain is there, of the rest anything may be.
@Suite(.serialized) struct PowerCutTests {
    @Test func whatWasReportedIsThereAfterACut() throws {
        try withScratchDirectory { directory in
            let (shim, tiny) = (try FaultShim.shared.get(), try TinyRun(in: directory))
            let log = tiny.root.appending(path: "calls.log")
            let recorded = try tiny.run(environment: shim.environment(recordingTo: log, below: tiny.root))
            try #require(recorded.status == 0, "\(recorded.errors)")
            let calls = try RecordedCall.calls(in: readFile(log))
            let changes = calls.indices.filter { calls[$0].kind != "E" }
            let cuts = changes.count * DiskModel.Outcome.allCases.count
            let wanted = Set(chosen(of: cuts, atMost: 24))
            var random = SeededGenerator(seed: 17)
            var (disk, reported, cut) = (DiskModel(root: tiny.root.path), Reported(), 0)
            for call in calls {
                if call.kind == "E" {
                    reported.processEnded(tiny.reference)
                } else {
                    disk.apply(call)
                    for outcome in DiskModel.Outcome.allCases {
                        defer { cut += 1 }
                        guard wanted.contains(cut) else { continue }
                        let what = "cut \(cut) (\(outcome))"
                        try write(disk.state(outcome, &random), of: tiny)
                        try expectAll(reported, of: tiny, what)
                    }
                }
            }
            print("\(wanted.count) of \(cuts) states after cuts at \(changes.count) changes: nothing reported was lost")
        }
    }

    /// The same on a real file system, whose journal decides what is there.
    @Test(.enabled(if: LoopDisk.isAvailable, "needs root and ext4 on a loop device"))
    func whatWasReportedIsThereAfterTheFileSystemCameDown() throws {
        try withScratchDirectory { directory in
            let disk = try LoopDisk(in: directory)
            defer { try? disk.unmount() }
            let (shim, tiny) = (try FaultShim.shared.get(), try TinyRun(in: disk.place))
            let counting = try shim.environment(.cut, at: 0, below: tiny.root)
            try #require(try tiny.run(environment: counting).status == 0)
            let count = try shim.calls(counting)
            let wanted = chosen(of: count, atMost: 24)
            for call in wanted {
                try tiny.clear()
                // What was before the run is on the disk.
                sync()
                let environment = try shim.environment(.cut, at: call + 1, below: tiny.root)
                let interrupted = try tiny.run(environment: environment)
                #expect(interrupted.status != 0, "call \(call + 1): \(interrupted.errors)")
                try disk.unmount()
                try disk.mount()
                var reported = Reported()
                for _ in 0..<(try shim.processesEnded(environment)) { reported.processEnded(tiny.reference) }
                try expectAll(reported, of: tiny, "call \(call + 1)")
            }
            print("\(wanted.count) of \(count) cuts of a file system: nothing reported was lost")
        }
    }

    /// What was reported is there, and the next run leaves what an undisturbed one does.
    private func expectAll(_ reported: Reported, of tiny: TinyRun, _ what: String) throws {
        let lost = try reported.lost(in: tiny.workspace)
        #expect(lost.isEmpty, "\(what): \(lost)")
        let again = try tiny.run()
        #expect(again.status == 0, "\(what): \(again.errors)")
        let found = try WorkspaceSnapshot(tiny.workspace)
        #expect(found == tiny.reference, "\(what): \(found.differences(from: tiny.reference))")
    }

    private func write(_ entries: [String: DiskEntry], of tiny: TinyRun) throws {
        try tiny.clear()
        for path in entries.keys.sorted() {
            let place = URL(filePath: path)
            switch entries[path] {
            case .directory: try makeDirectory(place)
            case .link(let target): try makeLink(place, to: URL(filePath: target))
            case .file(let bytes): try Data(bytes).write(to: place)
            case nil: break
            }
        }
    }
}

/// What the processes of a run had said by the time of a cut.
private struct Reported {
    private var files: [String: [UInt8]] = [:]
    private var ended = 0

    /// In this order the stages of a run end.
    private static let folders = [
        ["store/checkpoints/", "store/sources/"], ["store/compressed/"], ["store/evaluations/"],
    ]

    /// All that a stage makes stands when it has ended, and cannot go any more.
    mutating func processEnded(_ reference: WorkspaceSnapshot) {
        if ended < Self.folders.count {
            for folder in Self.folders[ended] {
                files.merge(reference.files.filter { $0.key.hasPrefix(folder) }) { $1 }
            }
        }
        ended += 1
    }

    func lost(in workspace: URL) throws -> [String] {
        var lost: [String] = []
        for (path, bytes) in files {
            let place = workspace.appending(path: path)
            guard let kind = try FileStatus(link: place)?.kind else {
                lost.append(path)
                continue
            }
            if try kind == .file && readFile(place) != bytes { lost.append("bytes of \(path)") }
        }
        if ended > Self.folders.count {
            let reader = try WarehouseReader(reading: workspace.appending(path: "warehouse.sqlite"))
            let count = try reader.query("SELECT count(*) FROM evaluation").rows.first?.first
            if count != .integer(6) { lost.append("evaluations in the warehouse, \(String(describing: count)) left") }
        }
        return lost
    }
}
