import FoundationEssentials
import Pipeline
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
            #expect(names(in: workspace.evaluations) == ["a.json"])
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
            #expect(names(in: place) == ["a", "link"])
            #expect(try readFile(place.appending(path: "a/b/f")) == [7])
            #expect(names(in: workspace.temporary) == ["8"])
        }
    }

    @Test func aDraftThatIsNotThereIsNamed() throws {
        try withScratchDirectory { directory in
            let workspace = try Workspace(creating: directory)
            let draft = workspace.temporary.appending(path: "d")
            #expect(throws: WorkspaceError.cannotWrite(path: draft.path, code: 2)) {
                try workspace.publish(directory: draft, at: workspace.compressed.appending(path: "k"))
            }
        }
    }

    @Test func aPlaceThatCannotBeWrittenIsNamed() throws {
        let place = URL(filePath: "/proc/qid-no-such-place/x")
        #expect(throws: WorkspaceError.cannotWrite(path: place.path, code: 2)) { try writeFile([1], to: place) }
    }

    @Test func aSecondHolderOfALockIsTurnedAway() throws {
        try withScratchDirectory { directory in
            let file = directory.appending(path: "ingest.lock")
            do {
                let first = try FileLock(file)
                let error = #expect(throws: WorkspaceError.self) { _ = try FileLock(file) }
                #expect(try #require(error).exitStatus == .tryAgain)
                _ = consume first
            }
            _ = try FileLock(file)
        }
    }
}
