import FoundationEssentials
import Pipeline
import System
import SystemPackage
import TestSupport
import Testing

struct PublishingTests {
    @Test func theFirstWriterWinsAndOtherBytesAreAConflict() throws {
        try withScratchDirectory { directory in
            let workspace = try Workspace(creating: directory)
            let place = workspace.evaluations.appending(path: "a.json")
            #expect(try workspace.publish([1, 2], at: place) == .published)
            #expect(try workspace.publish([1, 2], at: place) == .alreadyThere)
            #expect(throws: WorkspaceError.conflict(path: place.path)) { try workspace.publish([3], at: place) }
            #expect(try readFile(place) == [1, 2])
            #expect(try names(in: workspace.evaluations) == ["a.json"])
        }
    }

    @Test func aDirectoryArrivesWholeAndTheFirstOneStays() throws {
        try withScratchDirectory { directory in
            let workspace = try Workspace(creating: directory)
            let place = workspace.compressed.appending(path: "k")
            for byte: UInt8 in [7, 8] {
                let draft = workspace.temporary.appending(path: "\(byte)")
                try makeDirectory(draft.appending(path: "a/b"))
                try writeFile([byte], to: draft.appending(path: "a/b/f"))
                // Links are the store's way to refer to sources, which may go away.
                try FileManager.default.createSymbolicLink(
                    atPath: draft.appending(path: "link").path, withDestinationPath: "/no/such/source")
                try workspace.publish(directory: draft, at: place)
            }
            #expect(try names(in: place) == ["a", "link"])
            #expect(try readFile(place.appending(path: "a/b/f")) == [7])
            #expect(try names(in: workspace.temporary) == ["8"])
        }
    }

    /// Drafts lie in `tmp/` alone, where 'qid gc' finds what a crash leaves.
    @Test func aFileIsReplacedByWayOfTheTemporaryDirectory() throws {
        try withScratchDirectory { directory in
            let workspace = try Workspace(creating: directory)
            let place = workspace.sources.appending(path: "a.json")
            for byte: UInt8 in [1, 2] { try workspace.replace([byte], at: place) }
            #expect(try readFile(place) == [2])
            #expect(try names(in: workspace.sources) == ["a.json"])
            try workspace.discard(place)
            #expect(try names(in: workspace.sources).isEmpty)
            #expect(try names(in: workspace.temporary).isEmpty)
        }
    }

    @Test func aWorkspaceWhoseDirectoriesLeadElsewhereIsRefused() throws {
        try withScratchDirectory { directory in
            let (root, other) = (directory.appending(path: "w"), directory.appending(path: "other"))
            let workspace = try Workspace(creating: root)
            try makeDirectory(other)
            try removeTree(workspace.temporary)
            try makeLink(workspace.temporary, to: other)
            let refusal = WorkspaceError.system(SystemError(.write, workspace.temporary.path, .symbolicLink))
            #expect(throws: refusal) { try Workspace(creating: root) }
            #expect(throws: refusal) { try Workspace(existing: root) }
        }
    }

    @Test func aDraftThatIsNotThereIsNamed() throws {
        try withScratchDirectory { directory in
            let workspace = try Workspace(creating: directory)
            let draft = workspace.temporary.appending(path: "d")
            #expect(throws: WorkspaceError.system(.init(.list, draft.path, .noSuchFileOrDirectory))) {
                try workspace.publish(directory: draft, at: workspace.compressed.appending(path: "k"))
            }
        }
    }

    @Test func aPlaceThatCannotBeWrittenIsNamed() throws {
        try withScratchDirectory { directory in
            let workspace = try Workspace(creating: directory)
            let place = workspace.evaluations.appending(path: "none/a.json")
            let error = #expect(throws: WorkspaceError.self) { try workspace.publish([1], at: place) }
            #expect(try #require(error).description.hasSuffix("': no such file or directory"))
            #expect(try #require(error).exitStatus == .inputOutput)
        }
    }

    @Test func runsThatCannotBeListedAreNotNone() throws {
        try withScratchDirectory { directory in
            let workspace = try Workspace(creating: directory)
            #expect(try workspace.runDirectories().isEmpty)
            try removeTree(workspace.runs)
            try writeFile([], to: workspace.runs)
            #expect(throws: WorkspaceError.system(.init(.list, workspace.runs.path, .notDirectory))) {
                try workspace.runDirectories()
            }
        }
    }
}
